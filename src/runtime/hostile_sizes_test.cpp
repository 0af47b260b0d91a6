#include "runtime/hostile_files.h"

namespace headway::onnx {
namespace {

TEST_F(HostileFiles, SmallFilesThatAskForALot) {
  const std::int64_t many = std::int64_t{1} << 38;
  const auto of = [](const std::string& op_type, const std::vector<std::int64_t>& n) {
    return with_ints(op_type, n);
  };
  expect_refusal(of("Expand", {many, 2, 3, 4}), {"hostile.onnx", "'y' (Expand)", "memory"});
  expect_refusal(of("Tile", {many, 1, 1}), {"hostile.onnx", "'y' (Tile)", "memory"});
  expect_refusal(of("Pad", {many, 0, 0, many, 0, 0}), {"hostile.onnx", "'y' (Pad)", "memory"});
  expect_refusal(ModelBuilder()
                     .initializer(ints_tensor("n", {many, 4}))
                     .node("ConstantOfShape", {"n"}, {"y"})
                     .output("y"),
                 {"hostile.onnx", "'y' (ConstantOfShape)", "memory"});
  expect_refusal(ModelBuilder()
                     .input("x", {1, 1, 2, 2})
                     .floats("s", {1, 1, 1e6f, 1e6f})
                     .node("Resize", {"x", "", "s"}, {"y"})
                     .output("y"),
                 {"hostile.onnx", "'y' (Resize)", "memory"});
  expect_refusal(ModelBuilder()
                     .input("x", {4}, 7)
                     .initializer(ints_tensor("depth", {many}))
                     .floats("values", {0, 1})
                     .node("OneHot", {"x", "depth", "values"}, {"y"})
                     .output("y"),
                 {"hostile.onnx", "'y' (OneHot)", "memory"});
  const auto scalar = [](const std::string& name, std::int64_t value) {
    return raw_tensor(name, 7, {}, {reinterpret_cast<const char*>(&value), sizeof value});
  };
  expect_refusal(ModelBuilder()
                     .initializer(scalar("from", 0))
                     .initializer(scalar("to", many))
                     .initializer(scalar("step", 1))
                     .node("Range", {"from", "to", "step"}, {"y"})
                     .output("y"),
                 {"hostile.onnx", "'y' (Range)", "memory"});
}

constexpr int kMany = 100'000;

TEST_F(HostileFiles, LongChains) {
  ModelBuilder model;
  model.input("v0", {1});
  for (int i = 0; i < kMany; ++i)
    model.node("Identity", {"v" + std::to_string(i)}, {"v" + std::to_string(i + 1)});
  model.output("v" + std::to_string(kMany));
  EXPECT_EQ(outcome(model.bytes()), "");
}

TEST_F(HostileFiles, WideNodes) {
  const std::vector<std::string> inputs(kMany, "x");
  EXPECT_EQ(outcome(ModelBuilder().input("x", {1}).node("Sum", inputs, {"y"}).output("y").bytes()),
            "");
}

/// All alive at once, which is what planning of memory takes longest for.
constexpr int kOutputs = 20'000;

TEST_F(HostileFiles, ManyOutputs) {
  ModelBuilder model;
  model.input("x", {1});
  for (int i = 0; i < kOutputs; ++i) {
    model.node("Relu", {"x"}, {"y" + std::to_string(i)});
    model.output("y" + std::to_string(i));
  }
  EXPECT_EQ(outcome(model.bytes()), "");
}

}  // namespace
}  // namespace headway::onnx
