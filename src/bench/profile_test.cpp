#include <algorithm>

#include <gtest/gtest.h>

#include "headway/error.h"

#include "bench/profile_report.h"

namespace headway::bench {
namespace {

using Json = nlohmann::ordered_json;

StepInfo step(const std::string& name, StepCategory category, const std::string& algorithm = "") {
  return {.name = name,
          .op_type = category == StepCategory::kConvolution ? "Conv" : "Add",
          .algorithm = algorithm,
          .category = category,
          .output_shape = {1, 2},
          .flops = category == StepCategory::kConvolution ? 1000 : 0,
          .bytes_read = 60,
          .bytes_written = 40};
}

const std::vector<StepInfo> kSteps = {step("a", StepCategory::kConvolution, "direct"),
                                      step("b", StepCategory::kMemory),
                                      step("c", StepCategory::kConvolution, "gemm")};

/// A run on two threads: step i takes `times[i]`, thread 0 works all of it and thread 1 half, a
/// tenth of it in transforms.
Profile run_of(const std::vector<std::int64_t>& times, std::int64_t begin = 1000) {
  Profile profile{.threads = 2, .begin_ns = begin};
  for (const std::int64_t time : times) {
    profile.spans.push_back({begin, begin + time, time});
    profile.spans.push_back({begin + time / 4, begin + time * 3 / 4, time / 2, time / 10});
    profile.ends_ns.push_back(begin += time);
  }
  return profile;
}

ProfileReport report_of(const std::vector<std::vector<std::int64_t>>& runs) {
  ProfileSamples samples(kSteps);
  for (const auto& times : runs) samples.add(run_of(times));
  ProfileReport report{.model = "net", .input_shapes = {{1, 3}}, .runs = runs.size()};
  report.program.threads = 2;
  report.program.isa = "portable";
  report.program.device = "cpu";
  report.steps = samples.medians();
  return report;
}

TEST(Profile, TakesMediansOfEachStep) {
  ProfileSamples samples(kSteps);
  samples.add(run_of({100, 10, 30}));
  samples.add(run_of({300, 12, 20}));
  samples.add(run_of({200, 90, 10}));
  const auto steps = samples.medians();
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[0].time_ns, 200);
  EXPECT_EQ(steps[1].time_ns, 12);
  EXPECT_EQ(steps[2].time_ns, 20);
  EXPECT_EQ(steps[0].idle_ns, 100);
  EXPECT_EQ(steps[0].info.name, "a");
}

TEST(Profile, HasNoMediansOfNothing) {
  EXPECT_THROW(ProfileSamples(kSteps).medians(), Error);
}

TEST(Profile, AddsUpByKeySlowestFirst) {
  const auto steps = report_of({{100, 300, 50}}).steps;
  const auto names = [&](ProfileKey key) {
    std::string text;
    for (const ProfileGroup& group : group_by(key, steps)) text += group.name + " ";
    return text;
  };
  EXPECT_EQ(names(ProfileKey::kNode), "b a c ");
  EXPECT_EQ(names(ProfileKey::kOperator), "Add Conv ");
  EXPECT_EQ(names(ProfileKey::kAlgorithm), "Add direct gemm ");
  EXPECT_EQ(names(ProfileKey::kCategory), "memory-bound convolution ");

  const ProfileGroup convolutions = group_by(ProfileKey::kCategory, steps)[1];
  EXPECT_EQ(convolutions.steps, 2u);
  EXPECT_EQ(convolutions.time_ns, 150);
  EXPECT_EQ(convolutions.flops, 2000);
  EXPECT_EQ(convolutions.bytes, 200);
  EXPECT_EQ(total_of(group_by(ProfileKey::kOperator, steps)).time_ns, 450);
}

TEST(Profile, KeepsNodesOfTheSameNameApart) {
  const std::vector<StepTimes> twins = {{kSteps[0], 1, 0}, {kSteps[0], 2, 0}};
  EXPECT_EQ(group_by(ProfileKey::kNode, twins).size(), 2u);
  EXPECT_EQ(group_by(ProfileKey::kAlgorithm, twins).size(), 1u);
}

TEST(Profile, OverheadIsOfPairs) {
  const std::vector<double> plain = {100, 200, 400, 100, 100}, profiled = {101, 202, 400, 103, 99};
  const Interval few = profiling_overhead(plain, profiled);
  EXPECT_NEAR(few.estimate, 0.01, 1e-12);
  EXPECT_NEAR(few.low, -0.01, 1e-12);
  EXPECT_NEAR(few.high, 0.03, 1e-12);

  std::vector<double> ones(20, 1.0), rising;
  for (int i = 1; i <= 20; ++i) rising.push_back(1 + i);
  const Interval many = profiling_overhead(ones, rising);
  EXPECT_EQ(many.estimate, 10.5);
  EXPECT_EQ(many.low, 6);  // the 6th and the 15th of 20 hold the median with 95.9 %
  EXPECT_EQ(many.high, 15);
}

TEST(Profile, TextShowsTheSlowestAndAddsUpTheRest) {
  const std::string text =
      profile_text(report_of({{100'000, 300'000, 50'000}}), ProfileKey::kNode, 1);
  EXPECT_NE(text.find("\nb "), std::string::npos) << text;
  EXPECT_EQ(text.find("\na "), std::string::npos) << text;
  EXPECT_NE(text.find("\n2 others "), std::string::npos) << text;
  EXPECT_NE(text.find("\nmemory-bound "), std::string::npos) << text;
  EXPECT_NE(text.find("\nidle threads "), std::string::npos) << text;
}

TEST(Profile, TextShowsSharesOfTheLimit) {
  ProfileReport report = report_of({{100, 300, 50}});
  report.limit_gflops = 40.0;
  const std::string text = profile_text(report, ProfileKey::kNode, 0);
  EXPECT_NE(text.find("40.00 GFLOP/s\n"), std::string::npos) << text;
  EXPECT_NE(text.find("25 %"), std::string::npos) << text;  // 1000 operations in 100 ns
}

TEST(Profile, TextCutsLongNamesAtTheirBeginning) {
  ProfileReport report = report_of({{100, 300, 50}});
  report.steps[0].info.name = std::string(200, 'x') + "ö/the/end";
  report.steps[1].info.name = "ö" + std::string(39, 'y') + "b";
  const std::string text = profile_text(report, ProfileKey::kNode, 0);
  EXPECT_NE(text.find("…xxx"), std::string::npos);
  EXPECT_NE(text.find("xö/the/end "), std::string::npos);
  EXPECT_NE(text.find("\n…" + std::string(38, 'y') + "b "), std::string::npos) << text;
  EXPECT_EQ(text.find(std::string(40, 'x')), std::string::npos);
}

TEST(Profile, ThreadTimeAddsUpToAllThreads) {
  const std::string text =
      profile_text(report_of({{100'000, 300'000, 100'000}}), ProfileKey::kNode, 0);
  for (const char* row : {"memory-bound         420.0   42 %", "convolution          280.0   28 %",
                          "winograd transforms   50.0  5.0 %", "idle threads         250.0   25 %",
                          "total                 1000  100 %"})
    EXPECT_NE(text.find(row), std::string::npos) << row << " is not in\n" << text;
}

TEST(Profile, JsonKeepsExecutionOrderAndSums) {
  const Json json = profile_json(report_of({{100, 300, 50}}));
  ASSERT_EQ(json.at("nodes").size(), 3u);
  double sum = 0;
  for (const Json& node : json["nodes"]) sum += node.at("time_ns").get<double>();
  EXPECT_EQ(json["nodes"][0]["name"], "a");
  EXPECT_EQ(json["nodes"][0]["category"], "convolution");
  EXPECT_EQ(json.at("time_ns"), sum);
  EXPECT_EQ(json.at("idle_ns"), 225);
  EXPECT_TRUE(json.at("limit_gbps").is_null());
}

TEST(Profile, TraceHasOneTrackPerThread) {
  const ProfileReport report = report_of({{100, 300, 50}});
  std::vector<Profile> runs = {run_of({100, 300, 50}), run_of({100, 300, 50}, 5000)};
  runs[1].spans[3] = {};  // thread 1 had no share of step 1
  const Json json = trace_json(report, runs);
  std::vector<int> slices(2);
  double last_end = 0;
  for (const Json& event : json.at("traceEvents")) {
    if (event.at("ph") != "X") continue;
    ++slices.at(event.at("tid").get<std::size_t>());
    EXPECT_GE(event.at("ts"), 0.0);
    last_end = std::max(last_end, event["ts"].get<double>() + event["dur"].get<double>());
  }
  EXPECT_EQ(slices[0], 2 * (1 + 3));
  EXPECT_EQ(slices[1], 3 + 2);
  EXPECT_NEAR(last_end, 4.45, 1e-9);
}

}  // namespace
}  // namespace headway::bench
