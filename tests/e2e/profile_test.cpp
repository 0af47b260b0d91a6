#include <cmath>

#include "command_line.h"
#include "small_models.h"

namespace headway {
namespace {

class ProfileCommand : public CommandLine {
 protected:
  ProfileCommand() { save_linear_model(path("linear.onnx")); }

  nlohmann::json exported(const std::string& name) const {
    auto json = nlohmann::json::parse(read(name), nullptr, false);
    EXPECT_FALSE(json.is_discarded()) << name;
    return json;
  }
};

TEST_F(ProfileCommand, ShowsWhereTheTimeGoes) {
  const std::string text = succeed("profile squeezenet1_1 --runs 3 --threads 2 --top 4");
  for (const char* part :
       {"squeezenet1_1 · 1x3x224x224 · 2 threads", "overhead", "arena", "needed at once", "Conv",
        "others", "convolution", "memory-bound", "idle threads", "GFLOP/s"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in\n" << text;
}

TEST_F(ProfileCommand, AddsUpByCategory) {
  const std::string text = succeed("profile linear.onnx --runs 3 --by category --peak 100");
  EXPECT_NE(text.find("gemm"), std::string::npos) << text;
  EXPECT_NE(text.find("100.0 GFLOP/s"), std::string::npos) << text;
  EXPECT_EQ(text.find("operator"), std::string::npos) << text;
}

TEST_F(ProfileCommand, ExportsConsistentSums) {
  succeed("profile squeezenet1_1 --runs 3 --threads 2 --batch 2 --export-json p.json");
  const auto json = exported("p.json");
  EXPECT_EQ(json.at("runs"), 3);
  EXPECT_EQ(json.at("threads"), 2);
  EXPECT_EQ(json.at("input_shapes"), nlohmann::json({{2, 3, 224, 224}}));
  EXPECT_GE(json.at("arena_bytes"), json.at("peak_live_bytes"));
  EXPECT_GT(json.at("limit_gflops"), 1);
  EXPECT_GT(json.at("limit_gbps"), 0.1);
  double time = 0, by_category = 0;
  std::int64_t flops = 0;
  for (const auto& node : json.at("nodes")) {
    EXPECT_GT(node.at("time_ns"), 0) << node;
    EXPECT_GE(node.at("idle_ns"), 0) << node;
    EXPECT_GT(node.at("bytes_written"), 0) << node;
    EXPECT_LE(node["idle_ns"], 2 * node["time_ns"].get<double>()) << node;
    time += node["time_ns"].get<double>();
    flops += node.at("flops").get<std::int64_t>();
  }
  for (const auto& category : json.at("categories"))
    by_category += category.at("time_ns").get<double>();
  EXPECT_NEAR(json.at("time_ns").get<double>(), time, 1e-9 * time);
  EXPECT_NEAR(by_category, time, 1e-9 * time);
  const auto inspected = succeed_json("inspect squeezenet1_1 --shape 2x3x224x224 --json");
  EXPECT_EQ(flops, 2 * inspected.at("multiply_adds").get<std::int64_t>());
}

TEST_F(ProfileCommand, WritesATraceOfEveryThread) {
  succeed("profile squeezenet1_1 --runs 1 --threads 2 --export-trace t.json");
  const auto trace = exported("t.json");
  std::size_t named = 0, slices = 0, of_second_thread = 0;
  for (const auto& event : trace.at("traceEvents")) {
    named += event.at("ph") == "M" && event.at("name") == "thread_name" ? 1 : 0;
    if (event.at("ph") != "X") continue;
    ++slices;
    of_second_thread += event.at("tid") == 1 ? 1 : 0;
    EXPECT_GE(event.at("ts"), 0);
    EXPECT_GE(event.at("dur"), 0);
  }
  EXPECT_EQ(named, 2u);
  EXPECT_GT(of_second_thread, 3 * 20u);
  EXPECT_GT(slices, of_second_thread);
}

TEST_F(ProfileCommand, TakesShapesAndShowsThoseOfOutputs) {
  const std::string text = succeed("profile linear.onnx --runs 2 --shape 3x4 --threads 1 --top 0");
  EXPECT_NE(text.find("3x3"), std::string::npos) << text;
}

TEST_F(ProfileCommand, RefusesWrongUsage) {
  expect_error("profile", 2, {"MODEL", "headway profile --help"});
  expect_error("profile linear.onnx --frobnicate", 2, {"--frobnicate", "headway profile --help"});
  expect_error("profile linear.onnx --by color", 2, {"--by"});
  expect_error("profile linear.onnx --runs 0", 2, {"--runs"});
  expect_error("profile linear.onnx --runs 2 --duration 1s", 2, {"--runs", "--duration"});
  expect_error("profile linear.onnx --duration soon", 2, {"--duration", "'soon'"});
  expect_error("profile linear.onnx --peak -1", 2, {"--peak"});
  expect_error("profile linear.onnx --threads 0", 2, {"--threads"});
  expect_error("profile linear.onnx --shape 2x9", 2, {"--shape 2x9", "'x'"});
  expect_error("profile linear.onnx --shape 2x4 --batch 3", 2, {"--shape 2x4", "--batch 3"});
}

TEST_F(ProfileCommand, RefusesFilesItCannotWriteBeforeItMeasures) {
  expect_error("profile linear.onnx --export-json no/p.json", 3, {"no/p.json"});
  expect_error("profile linear.onnx --export-trace no/t.json", 3, {"no/t.json"});
  EXPECT_EQ(listing(), "linear.onnx");
}

}  // namespace
}  // namespace headway
