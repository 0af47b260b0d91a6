#include <string>

#include <gtest/gtest.h>

#include "program.h"

namespace headway {
namespace {

double estimate(const nlohmann::json& interval) {
  return interval.at("estimate").get<double>();
}

TEST(Recovery, KnownDelaysWithinTwoPercent) {
  BenchProgram program;
  const Outcome outcome = program.race(
      "fake --iterations 300 --runtimes "
      "fake:delay=1ms,jitter=20us,process=0.3%,wander=1%,clock=virtual,"
      "fake:delay=2ms,jitter=50us,process=0.3%,wander=1%,clock=virtual,"
      "fake:delay=5ms,jitter=99us,process=0.3%,wander=1%,clock=virtual");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto& rows = program.report().at("races").at(0).at("rows");
  const double delays[] = {1e6, 2e6, 5e6};
  for (std::size_t row = 0; row < 3; ++row) {
    EXPECT_NEAR(estimate(rows[row].at("median_ns")) / delays[row], 1, 0.02);
    EXPECT_GE(rows[row].at("samples").get<int>(), 300);
  }
  EXPECT_EQ(rows[0].at("verdict"), "fastest");
  EXPECT_EQ(rows[1].at("verdict"), "slower");
  EXPECT_NEAR(estimate(rows[1].at("ratio")), 2, 0.04);
  EXPECT_NEAR(estimate(rows[2].at("ratio")), 5, 0.10);
}

TEST(Recovery, SelfRaceIsIndistinguishableInNineteenOfTwenty) {
  BenchProgram program;
  int indistinguishable = 0;
  for (int seed = 1; seed <= 20; ++seed) {
    // The load time only makes the second row another one.
    const Outcome outcome =
        program.race("fake --iterations 120 --seed " + std::to_string(seed) +
                     " --runtimes fake:delay=1ms,jitter=30us,process=1%,wander=2%,clock=virtual,"
                     "fake:delay=1ms,jitter=30us,process=1%,wander=2%,clock=virtual,load=1ms");
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    for (const auto& row : program.report().at("races").at(0).at("rows")) {
      indistinguishable += row.at("verdict") == "indistinguishable";
    }
  }
  EXPECT_GE(indistinguishable, 19);
}

TEST(Recovery, FirstInferenceAndWarmUpStayOutOfTheMedian) {
  BenchProgram program;
  const std::string row = "fake:clock=virtual,delay=1ms,first=200ms,warmup=30,load=50ms";
  ASSERT_EQ(program.race("fake --iterations 60 --runtimes " + row).status, 0);
  EXPECT_DOUBLE_EQ(program.row(row).at("first_ns").get<double>(), 203e6);
  EXPECT_GE(program.row(row).at("load_ns").get<double>(), 50e6);
  EXPECT_DOUBLE_EQ(estimate(program.row(row).at("median_ns")), 1e6);
  EXPECT_TRUE(program.row(row).at("steady").get<bool>());
}

TEST(Recovery, DriftIsCalledNotSteady) {
  BenchProgram program;
  const std::string row = "fake:clock=virtual,delay=1ms,drift=20us";
  const Outcome outcome = program.race("fake --iterations 60 --warmup 40 --runtimes " + row);
  EXPECT_FALSE(program.row(row).at("steady").get<bool>());
  EXPECT_NE(outcome.out.find("Not steady"), std::string::npos);
}

TEST(Recovery, LatencyIsPerSampleAndEveryCombinationIsARace) {
  BenchProgram program;
  const Outcome outcome = program.race(
      "fake --iterations 20 --batch 1,8 --threads 1,2 --runtimes fake:delay=8ms,clock=virtual");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto& races = program.report().at("races");
  ASSERT_EQ(races.size(), 4u);
  for (const auto& race : races) {
    const auto& row = race.at("rows").at(0);
    EXPECT_DOUBLE_EQ(estimate(row.at("median_ns")), 8e6 / race.at("batch").get<double>());
    EXPECT_EQ(row.at("settings").at("threads"), std::to_string(race.at("threads").get<int>()));
  }
}

TEST(Recovery, PercentilesOnlyWithEnoughSamples) {
  BenchProgram program;
  const std::string row = "fake:delay=1ms,jitter=9us,clock=virtual";
  program.race("fake --iterations 90 --processes 3 --runtimes " + row);
  EXPECT_TRUE(program.row(row).at("percentiles_ns").at("p90").is_null());
  program.race("fake --iterations 150 --processes 3 --runtimes " + row);
  EXPECT_TRUE(program.row(row).at("percentiles_ns").at("p90").is_number());
  EXPECT_TRUE(program.row(row).at("percentiles_ns").at("p99").is_null());
}

TEST(Recovery, SameSeedSameReport) {
  BenchProgram program;
  const std::string arguments =
      "fake --iterations 60 --seed 7 --runtimes "
      "fake:delay=1ms,jitter=30us,clock=virtual,fake:delay=2ms,jitter=30us,clock=virtual";
  program.race(arguments);
  const nlohmann::json first = program.report().at("races").at(0).at("rows");
  program.race(arguments);
  const nlohmann::json& second = program.report().at("races").at(0).at("rows");
  for (std::size_t row = 0; row < 2; ++row) {
    EXPECT_EQ(first.at(row).at("median_ns"), second.at(row).at("median_ns"));
    EXPECT_EQ(first.at(row).at("ratio"), second.at(row).at("ratio"));
  }
}

// Real time on a real machine: run by hand, with --gtest_also_run_disabled_tests
// --gtest_filter=RealClock*
TEST(RealClock, DISABLED_KnownDelaysAndHarnessCost) {
  BenchProgram program;
  const Outcome outcome =
      program.race("fake --budget 15s --runtimes fake:delay=1ms,fake:delay=2ms,fake:delay=5ms");
  std::printf("%s", outcome.out.c_str());
  const auto& race = program.report().at("races").at(0);
  const double delays[] = {1e6, 2e6, 5e6};
  for (std::size_t row = 0; row < 3; ++row) {
    EXPECT_NEAR(estimate(race.at("rows").at(row).at("median_ns")) / delays[row], 1, 0.02);
  }
  EXPECT_LT(race.at("harness_ns_per_call").get<double>(), 20'000);
}

}  // namespace
}  // namespace headway
