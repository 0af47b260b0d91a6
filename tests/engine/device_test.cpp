#include <thread>

#include "base/test_error.h"
#include "engine_testing.h"
#include "models/models.h"

namespace headway {
namespace {

/// True if there is a device to test on. Skips the test otherwise, or fails it where the
/// environment promises one (HEADWAY_TEST_OPENCL=1).
#define HEADWAY_NEED_DEVICE()                                                              \
  if (gpu_devices().empty()) {                                                             \
    ASSERT_EQ(std::getenv("HEADWAY_TEST_OPENCL"), nullptr) << "there is no OpenCL device"; \
    GTEST_SKIP() << "no OpenCL device";                                                    \
  }

CompileOptions on_device(bool allow_fallback = false) {
  return {.threads = 2, .device = "gpu", .allow_fallback = allow_fallback};
}

constexpr const char* kMixed = R"(
graph mixed (%x: float32[N,3,5]) -> (%relu, %det, %x, %relu) {
  %w: float32[5,3] = constant random(1)
  %square = MatMul(%x, %w)
  %relu = Relu(%square)
  %det = Det(%square)
})";

TEST(Device, RefusesANodeWithoutAKernelByName) {
  HEADWAY_NEED_DEVICE();
  Session session(model_of(kMixed).compile(on_device()));
  const std::string message = error_message(ErrorCode::kUnsupported, [&] {
    session.run(std::vector<Tensor>{random_tensor({2, 3, 5}, 1)});
  });
  EXPECT_NE(message.find("Det"), std::string::npos) << message;
  EXPECT_NE(message.find("--allow-fallback"), std::string::npos) << message;
}

TEST(Device, RunsSuchANodeOnTheProcessorIfAllowed) {
  HEADWAY_NEED_DEVICE();
  const Model model = model_of(kMixed);
  const Program program = model.compile(on_device(true));
  Session session(program);
  for (const std::int64_t batch : {2, 1, 5, 2}) {
    const std::vector<Tensor> inputs = {random_tensor({batch, 3, 5}, 1)};
    const std::vector<Tensor> expected = run_reference(model.graph(), inputs);
    const auto actual = session.run(inputs);
    ASSERT_EQ(actual.size(), 4u);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_LT(relative_error(actual[i], expected[i]), 1e-5);
  }
  EXPECT_EQ(program.summary().fallback_nodes, 1u);
  EXPECT_NE(program.summary().device, "cpu");
}

TEST(Device, EmptyTensorsNeedNoKernel) {
  HEADWAY_NEED_DEVICE();
  Session session(
      model_of("graph g (%x: float32[N,3]) -> (%y) { %y = Relu(%x) }").compile(on_device()));
  const std::vector<Tensor> nothing = {Tensor::zeros(DType::kFloat32, {0, 3})};
  EXPECT_EQ(session.run(nothing)[0].shape(), (Shape{0, 3}));
}

TEST(Device, SessionsOfAProgramRunAtOnce) {
  HEADWAY_NEED_DEVICE();
  const Model model = model_of(kMixed);
  const Program program = model.compile(on_device(true));
  const auto work = [&](std::uint64_t seed) {
    Session session(program);
    const std::vector<Tensor> inputs = {random_tensor({3, 3, 5}, seed)};
    const std::vector<Tensor> expected = run_reference(model.graph(), inputs);
    for (int i = 0; i < 20; ++i)
      EXPECT_LT(relative_error(session.run(inputs)[0], expected[0]), 1e-5);
  };
  std::thread other(work, 1);
  work(2);
  other.join();
}

TEST(Device, ProfilesEveryStep) {
  HEADWAY_NEED_DEVICE();
  Session session(model_of(kMixed).compile(on_device(true)));
  const std::vector<Tensor> inputs = {random_tensor({3, 3, 5}, 1)};
  Profile profile;
  session.run_profiled(inputs, profile);
  EXPECT_EQ(profile.ends_ns.size(), session.steps(inputs).size());
  EXPECT_TRUE(std::ranges::is_sorted(profile.ends_ns));
  const DeviceTimes times = session.device_times(inputs);
  EXPECT_GT(times.resident_ns, 0);
  EXPECT_GT(times.kernels_ns, 0);
}

TEST(Device, PlainSumsIfAsked) {
  HEADWAY_NEED_DEVICE();
  const Model model = model_of(R"(
graph g (%x: float32[1,32,48,48]) -> (%y) {
  %w: float32[32,32,3,3] = constant random(1)
  %y = Conv(%x, %w) {pads = [1, 1, 1, 1]}
})");
  const std::vector<Tensor> inputs = {random_tensor({1, 32, 48, 48}, 1)};
  const std::vector<Tensor> expected = run_reference(model.graph(), inputs);
  for (const bool winograd : {true, false}) {
    CompileOptions options = on_device();
    options.winograd = winograd;
    const Program program = model.compile(options);
    bool has_winograd = false;
    for (const auto& [algorithm, count] : program.summary().algorithms)
      has_winograd = has_winograd || algorithm.starts_with("winograd");
    EXPECT_EQ(has_winograd, winograd);
    Session session(program);
    EXPECT_LT(relative_error(session.run(inputs)[0], expected[0]), winograd ? 1e-4 : 1e-6);
  }
}

TEST(Device, NamesThatAreNoDevice) {
  const Model model = model_of("graph g (%x: float32[2]) -> (%y) { %y = Relu(%x) }");
  EXPECT_NE(error_message(ErrorCode::kInvalidArgument, [&] { model.compile({.device = "tpu"}); })
                .find("'tpu'"),
            std::string::npos);
  error_message(ErrorCode::kNotFound, [&] { model.compile({.device = "gpu:99"}); });
}

TEST(Device, WhatOnlyTheProcessorCanDoIsRefused) {
  HEADWAY_NEED_DEVICE();
  const Model relu = model_of("graph g (%x: float32[2]) -> (%y) { %y = Relu(%x) }");
  error_message(ErrorCode::kInvalidArgument,
                [&] { relu.compile({.reference = true, .device = "gpu"}); });
  const Model decides = model_of("graph g (%x: float32[N]) -> (%y) { %y = NonZero(%x) }");
  const std::string message = error_message(ErrorCode::kUnsupported, [&] {
    Session(decides.compile(on_device())).run(std::vector<Tensor>{random_tensor({3}, 1)});
  });
  EXPECT_NE(message.find("--device cpu"), std::string::npos) << message;
}

class DeviceModels : public testing::TestWithParam<std::pair<std::string_view, std::int64_t>> {};

TEST_P(DeviceModels, AgreeWithTheReference) {
  HEADWAY_NEED_DEVICE();
  const auto& [name, size] = GetParam();
  const Graph graph = models::build_model(name, {.seed = 3, .image_size = size, .num_classes = 10});
  std::vector<Tensor> inputs;
  if (graph.inputs()[0]->type.dtype == DType::kFloat32) {
    inputs.push_back(random_tensor({2, 3, size, size}, 1));
  } else {
    const std::vector<std::int64_t> ids = {101, 7592, 2088, 102, 0}, mask = {1, 1, 1, 1, 0},
                                    kinds = {0, 0, 1, 1, 0};
    for (const auto& elements : {ids, mask, kinds})
      inputs.push_back(Tensor::from<std::int64_t>({1, 5}, elements));
  }
  const std::vector<Tensor> expected = run_reference(graph, inputs);
  const Program program = Model(graph.clone()).compile(on_device());
  Session session(program);
  const auto actual = session.run(inputs);
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_LT(relative_error(actual[i], expected[i]), 1e-4);
  EXPECT_EQ(program.summary().fallback_nodes, 0u);
}

INSTANTIATE_TEST_SUITE_P(Race, DeviceModels,
                         testing::Values(std::pair("resnet50", 48), std::pair("resnet18", 48),
                                         std::pair("vgg16", 64), std::pair("densenet121", 64),
                                         std::pair("squeezenet1_1", 64),
                                         std::pair("mobilenet_v2", 48),
                                         std::pair("efficientnet_b0", 48),
                                         std::pair("shufflenet_v2_x1_0", 48),
                                         std::pair("vit_b_16", 48), std::pair("bert_base", 5)),
                         [](const auto& model) { return std::string(model.param.first); });

}  // namespace
}  // namespace headway
