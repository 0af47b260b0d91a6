#include "formats/onnx/upgrade_oldest.h"

#include <gtest/gtest.h>

#include "formats/onnx/model_builder.h"
#include "ops/operator.h"

namespace headway::onnx {
namespace {

using Names = std::vector<std::string>;
using Floats = std::vector<float>;

struct Input {
  Shape shape;
  Floats values;
};

/// What one node of an old opset computes today.
Tensor run(std::int64_t opset, const std::string& op_type, const std::vector<Input>& inputs,
           const Names& attributes, const std::vector<std::string>& constants = {}) {
  ModelBuilder model(opset);
  Names names;
  std::vector<Tensor> tensors;
  for (const Input& input : inputs) {
    names.push_back("x" + std::to_string(names.size()));
    model.input(names.back(), input.shape);
    tensors.push_back(Tensor::from<float>(input.shape, input.values));
  }
  for (const std::string& constant : constants) {
    names.push_back("c" + std::to_string(names.size()));
    model.initializer(constant);
  }
  Graph graph = model.node(op_type, names, {"y"}, attributes).output("y").read();
  infer_types(graph);
  return run_reference(graph, tensors)[0];
}

Floats values_of(const Tensor& tensor) {
  return {tensor.values<float>().begin(), tensor.values<float>().end()};
}

TEST(UpgradeOldest, OperandsWereAlignedFromAnAxisOn) {
  const std::vector<Input> inputs = {{{2, 2, 1}, {1, 2, 3, 4}}, {{2}, {10, 20}}};
  const Names first = {int_attribute("broadcast", 1), int_attribute("axis", 0)};
  EXPECT_EQ(values_of(run(6, "Add", inputs, first)), (Floats{11, 12, 23, 24}));
  const Names second = {int_attribute("broadcast", 1), int_attribute("axis", -2)};
  EXPECT_EQ(values_of(run(1, "Add", inputs, second)), (Floats{11, 22, 13, 24}));
  // Without an axis, from the last on, as today.
  const std::vector<Input> last = {{{1, 2}, {1, 2}}, {{2}, {10, 20}}};
  EXPECT_EQ(values_of(run(6, "Sub", last, {int_attribute("broadcast", 1)})), (Floats{-9, -18}));
}

TEST(UpgradeOldest, SlopesBelongedToChannels) {
  const std::vector<Input> inputs = {{{1, 2, 2}, {-1, -2, -3, -4}}, {{2}, {1, 10}}};
  EXPECT_EQ(values_of(run(6, "PRelu", inputs, {})), (Floats{-1, -2, -30, -40}));
}

TEST(UpgradeOldest, ReshapeHadItsShapeAsAnAttribute) {
  const Tensor y = run(1, "Reshape", {{{4}, {1, 2, 3, 4}}}, {ints_attribute("shape", {2, -1})});
  EXPECT_EQ(y.shape(), (Shape{2, 2}));
}

TEST(UpgradeOldest, PadCalledItsAmountsPaddings) {
  const Tensor y = run(1, "Pad", {{{1}, {5}}}, {ints_attribute("paddings", {1, 2})});
  EXPECT_EQ(values_of(y), (Floats{0, 5, 0, 0}));
}

TEST(UpgradeOldest, CastNamedItsTarget) {
  const Tensor y = run(5, "Cast", {{{1}, {2.5f}}}, {string_attribute("to", "int32")});
  EXPECT_EQ(y.dtype(), DType::kInt32);
}

TEST(UpgradeOldest, ConcatJoinedAlongTheSecondAxis) {
  const std::vector<Input> inputs = {{{1, 1}, {1}}, {{1, 2}, {2, 3}}};
  EXPECT_EQ(run(1, "Concat", inputs, {}).shape(), (Shape{1, 3}));
}

TEST(UpgradeOldest, TileRepeatedOneAxis) {
  const auto scalar = [](const std::string& name, float value) {
    return raw_tensor(name, kFloatCode, {1},
                      std::string(reinterpret_cast<const char*>(&value), sizeof value));
  };
  const Tensor y = run(1, "Tile", {{{1, 2}, {1, 2}}}, {}, {scalar("c1", 3), scalar("c2", 1)});
  EXPECT_EQ(y.shape(), (Shape{1, 6}));
}

TEST(UpgradeOldest, UpsampleHadItsScalesApart) {
  const Tensor y = run(1, "Upsample", {{{1, 1, 1, 1}, {7}}},
                       {float_attribute("height_scale", 2), float_attribute("width_scale", 3)});
  EXPECT_EQ(y.shape(), (Shape{1, 1, 2, 3}));
}

TEST(UpgradeOldest, WhatConcernedTrainingIsLeftOut) {
  const Names attributes = {ints_attribute("consumed_inputs", {0}), int_attribute("is_test", 1)};
  EXPECT_EQ(values_of(run(1, "Dropout", {{{1}, {3}}}, attributes)), Floats{3});
}

}  // namespace
}  // namespace headway::onnx
