#include "headway/model.h"

#include "command_line.h"
#include "graph/text.h"
#include "ops/operator.h"
#include "small_models.h"

namespace headway {
namespace {

class DeviceCommands : public CommandLine {
 protected:
  DeviceCommands() { save_linear_model(path("linear.onnx")); }
};

TEST_F(DeviceCommands, SayThatThereIsNoGpu) {
  expect_error("run linear.onnx --random-input 1 --device gpu", 2, {"no GPU", "--device cpu"},
               "OCL_ICD_VENDORS=/nowhere");
  expect_error("profile linear.onnx --device tpu", 2, {"--device", "tpu"});
}

TEST_F(DeviceCommands, RacesWithoutAGpuSayItInEveryRowAndFail) {
  const Outcome outcome =
      run("bench linear.onnx --device gpu --iterations 2 --no-peak --runtimes "
          "headway",
          "OCL_ICD_VENDORS=/nowhere");
  EXPECT_EQ(outcome.status, 1) << outcome.out;
  EXPECT_NE(outcome.out.find("Headway: "), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("there is no GPU"), std::string::npos) << outcome.out;
}

TEST_F(DeviceCommands, ComputeTheSameThere) {
  if (gpu_devices().empty()) GTEST_SKIP() << "no OpenCL device";
  const auto here = succeed_json("run linear.onnx --random-input 1 --shape 2x4 --json");
  const auto there =
      succeed_json("run linear.onnx --random-input 1 --shape 2x4 --json --device gpu");
  for (const char* field : {"min", "max", "mean"}) {
    EXPECT_NEAR(here.at("outputs")[0].at(field).get<double>(),
                there.at("outputs")[0].at(field).get<double>(), 1e-5);
  }
}

TEST_F(DeviceCommands, RunsTellWhatTheyRanOn) {
  expect_error("run linear.onnx --random-input 1 --reference --device gpu", 2,
               {"--reference", "--device"});
  if (gpu_devices().empty()) GTEST_SKIP() << "no OpenCL device";
  const std::string text = succeed("run linear.onnx --random-input 1 --device gpu");
  EXPECT_NE(text.find("ran on " + gpu_devices().front()), std::string::npos) << text;
}

TEST_F(DeviceCommands, RacesAllowFallback) {
  if (gpu_devices().empty()) GTEST_SKIP() << "no OpenCL device";
  Graph graph = parse_graph("graph det (%x: float32[2,3,3]) -> (%y) { %y = Det(%x) }");
  infer_types(graph);
  Model(std::move(graph)).save(path("det.onnx"));
  const std::string race =
      "bench det.onnx --device gpu --iterations 2 --no-peak --runtimes headway ";
  const Outcome refused = run(race);
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.out.find("(Det) has no kernel"), std::string::npos) << refused.out;
  EXPECT_NE(refused.out.find("--allow-fallback"), std::string::npos) << refused.out;
  const std::string text = succeed(race + "--allow-fallback 2>/dev/null");
  EXPECT_NE(text.find("fallback_nodes=1"), std::string::npos) << text;
}

TEST_F(DeviceCommands, RacesTellWhatTheDeviceIs) {
  if (gpu_devices().empty()) GTEST_SKIP() << "no OpenCL device";
  const std::string device = gpu_devices().front();
  const std::string text = succeed(
      "bench linear.onnx --device gpu --iterations 5 --no-peak --runtimes "
      "headway,headway:fallback=on "
      "--export-json race.json 2>/dev/null");
  EXPECT_NE(text.find("on the device"), std::string::npos) << text;
  EXPECT_NE(text.find("fallback_nodes=0"), std::string::npos) << text;
  const bool is_gpu = device.find("(GPU,") != std::string::npos;
  EXPECT_EQ(text.find("is no GPU but a CPU") == std::string::npos, is_gpu) << text;
  const std::string report = succeed("report race.json --against headway:fallback=on");
  EXPECT_NE(report.find(device), std::string::npos) << report;
}

}  // namespace
}  // namespace headway
