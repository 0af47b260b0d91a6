#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"

namespace headway {
namespace {

const std::string kGood = "fake:delay=1ms,clock=virtual";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Races a good row against a bad one, and checks that only the bad one suffers.
class Faults : public testing::Test {
 protected:
  const nlohmann::json& race_against(const std::string& bad, const std::string& more = "") {
    outcome_ = program_.race("fake --iterations 60 --processes 2 " + more + " --runtimes " + bad +
                             "," + kGood);
    EXPECT_EQ(outcome_.status, 1) << outcome_.err;
    EXPECT_EQ(program_.row(kGood).at("status"), "ok");
    EXPECT_GE(program_.row(kGood).at("samples").get<int>(), 60);
    return program_.row(bad);
  }

  std::string sentence(const nlohmann::json& row) const {
    return row.at("failure").at("sentence").get<std::string>();
  }

  BenchProgram program_;
  Outcome outcome_;
};

TEST_F(Faults, KilledWorkerCostsItsOwnRowAndKeepsWhatItMeasured) {
  const auto& row = race_against("fake:delay=2ms,clock=virtual,crash_after=40", "--warmup 10");
  EXPECT_EQ(row.at("status"), "failed");
  EXPECT_EQ(row.at("failure").at("kind"), "crashed");
  EXPECT_TRUE(contains(sentence(row), "SIGKILL")) << sentence(row);
  EXPECT_TRUE(contains(sentence(row), "about to be killed at call 40")) << sentence(row);
  EXPECT_GT(row.at("samples").get<int>(), 0);
  EXPECT_TRUE(row.at("ratio").is_null());
  EXPECT_TRUE(contains(outcome_.out, "SIGKILL"));
}

TEST_F(Faults, HangEndsWithTheTimeout) {
  const auto& row =
      race_against("fake:delay=2ms,clock=virtual,hang_after=20", "--warmup 10 --timeout 1s");
  EXPECT_EQ(row.at("failure").at("kind"), "timed out");
  EXPECT_TRUE(contains(sentence(row), "--timeout")) << sentence(row);
}

TEST_F(Faults, GarbageOnTheChannel) {
  const auto& row = race_against("fake:delay=2ms,clock=virtual,garbage_after=20", "--warmup 10");
  EXPECT_EQ(row.at("failure").at("kind"), "garbage");
}

TEST_F(Faults, ErrorOfTheRuntimeIsQuoted) {
  const auto& row = race_against("fake:delay=2ms,clock=virtual,error_after=20", "--warmup 10");
  EXPECT_EQ(row.at("failure").at("kind"), "refused");
  EXPECT_TRUE(contains(sentence(row), "told to fail at call 20")) << sentence(row);
}

TEST_F(Faults, CrashInTheFirstCall) {
  const auto& row = race_against("fake:delay=2ms,clock=virtual,crash_after=1");
  EXPECT_EQ(row.at("samples"), 0);
  EXPECT_TRUE(row.at("median_ns").is_null());
}

TEST_F(Faults, MissingRuntimeThatWasAskedFor) {
  const auto& row = race_against("fake:missing=1");
  EXPECT_EQ(row.at("status"), "missing");
}

TEST_F(Faults, UnknownOptionOfARuntime) {
  const auto& row = race_against("fake:colour=red");
  EXPECT_TRUE(contains(sentence(row), "colour")) << sentence(row);
}

TEST_F(Faults, WrongOutputsGetNoRatio) {
  const auto& row = race_against("fake:delay=0.5ms,clock=virtual,wrong=10%");
  EXPECT_EQ(row.at("status"), "disagrees");
  EXPECT_TRUE(row.at("ratio").is_null());
  EXPECT_TRUE(row.at("verdict").is_null());
  EXPECT_NEAR(row.at("agreement").at("max_abs_error").get<double>(), 0.1, 1e-6);
  EXPECT_EQ(program_.row(kGood).at("verdict"), "fastest");
  EXPECT_TRUE(contains(outcome_.out, "disagrees with the reference"));
}

TEST_F(Faults, TalkativeWorkerIsNoFault) {
  BenchProgram program;
  const std::string row = "fake:delay=1ms,clock=virtual,chatter=9000";
  EXPECT_EQ(program.race("fake --iterations 100 --runtimes " + row).status, 0);
  EXPECT_EQ(program.row(row).at("status"), "ok");
}

TEST_F(Faults, DeviceThatARuntimeLacks) {
  const Outcome outcome = program_.race("fake --device gpu --iterations 10 --runtimes " + kGood);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(contains(sentence(program_.row(kGood)), "no device 'gpu'"));
}

TEST(Interrupted, KeepsWhatWasMeasured) {
  BenchProgram program;
  const std::string row = "fake:delay=1ms,clock=virtual,interrupt_after=100";
  const Outcome outcome =
      program.race("fake --iterations 100000 --warmup 10 --runtimes " + row + "," + kGood);
  EXPECT_EQ(outcome.status, 130) << outcome.err;
  EXPECT_TRUE(program.report().at("races").at(0).at("interrupted").get<bool>());
  EXPECT_GT(program.row(row).at("samples").get<int>(), 0);
  EXPECT_EQ(program.row(row).at("status"), "ok");
  EXPECT_TRUE(contains(outcome.out, "interrupted"));
}

TEST(Interrupted, BeforeAnythingWasMeasured) {
  BenchProgram program;
  const std::string row = "fake:delay=1ms,clock=virtual,interrupt_after=1,hang_after=1";
  const Outcome outcome = program.race("fake --iterations 100 --runtimes " + row);
  EXPECT_EQ(outcome.status, 130) << outcome.err;
  EXPECT_EQ(program.row(row).at("samples"), 0);
}

TEST(Exports, AllThreeAreWritten) {
  BenchProgram program;
  const Outcome outcome = program.run("fake --iterations 20 --runtimes " + kGood +
                                      " --export-csv " + program.path("a.csv").string() +
                                      " --export-markdown " + program.path("a.md").string() +
                                      " --export-json " + program.path("a.json").string());
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  std::string line;
  std::ifstream csv(program.path("a.csv"));
  std::getline(csv, line);
  EXPECT_TRUE(line.starts_with("model,batch,threads,"));
  std::ifstream markdown(program.path("a.md"));
  std::getline(markdown, line);
  EXPECT_EQ(line, "# headway bench");
  EXPECT_TRUE(std::filesystem::exists(program.path("a.json")));
}

TEST(Exports, FullDiskLosesTheFileButNotTheTable) {
  BenchProgram program;
  const Outcome outcome =
      program.run("fake --iterations 20 --runtimes " + kGood + " --export-json /dev/full");
  EXPECT_EQ(outcome.status, 3);
  EXPECT_TRUE(contains(outcome.err, "/dev/full")) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "Deploy")) << outcome.out;
}

TEST(Exports, UnwritablePathIsFoundBeforeTheRace) {
  BenchProgram program;
  const Outcome outcome = program.run("fake --iterations 20 --runtimes " + kGood +
                                      " --export-json " + program.path("no/such/a.json").string());
  EXPECT_EQ(outcome.status, 3);
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(contains(outcome.err, "a.json")) << outcome.err;
}

TEST(Baseline, SlowerRowsSetTheStatus) {
  BenchProgram program;
  ASSERT_EQ(program.race("fake --iterations 60 --runtimes " + kGood).status, 0);
  nlohmann::json old = program.report();
  const std::string arguments = "fake --iterations 60 --runtimes " + kGood + " --baseline " +
                                program.path("old.json").string();
  const auto with_old_median = [&](double factor) {
    for (auto& [name, value] : old["races"][0]["rows"][0]["median_ns"].items())
      value = factor * 1e6;
    std::ofstream(program.path("old.json")) << old;
    return program.run(arguments);
  };
  EXPECT_EQ(with_old_median(1.0).status, 0);
  EXPECT_EQ(with_old_median(0.99).status, 0);
  EXPECT_EQ(with_old_median(0.9).status, 1);
  EXPECT_EQ(with_old_median(1.5).status, 0);
}

TEST(Baseline, MustBeAReport) {
  BenchProgram program;
  std::ofstream(program.path("old.json")) << "[1, 2";
  EXPECT_EQ(program.run("fake --baseline " + program.path("old.json").string()).status, 2);
  EXPECT_EQ(program.run("fake --baseline " + program.path("none.json").string()).status, 2);
}

TEST(BadInput, IsRefusedWithASentence) {
  BenchProgram program;
  for (const char* arguments :
       {"fake --runtimes nosuch", "fake --budget 5", "fake --budget 1s --iterations 5",
        "fake --threads 0", "fake --device tpu", "fake --batch x", "fake --min-effect much",
        "fake --shape 1xtwo --runtimes fake", "nosuch.onnx", "fake --no-such-flag", ""}) {
    const Outcome outcome = program.run(arguments);
    EXPECT_EQ(outcome.status, 2) << arguments;
    EXPECT_FALSE(outcome.err.empty()) << arguments;
    EXPECT_EQ(outcome.out.find("median"), std::string::npos) << arguments;
  }
}

}  // namespace
}  // namespace headway
