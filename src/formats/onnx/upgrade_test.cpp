#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "headway/error.h"

#include "formats/onnx/model_builder.h"
#include "formats/onnx/write.h"
#include "graph/verify.h"
#include "ops/operator.h"

namespace headway::onnx {
namespace {

using Ints = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

/// x → one node → y.
ModelBuilder one_node(std::int64_t opset, const Shape& shape, const std::string& op_type,
                      const Names& attributes = {}, const Names& outputs = {"y"}) {
  ModelBuilder model(opset);
  model.input("x", shape).node(op_type, {"x"}, outputs, attributes).output("y");
  return model;
}

Ints ints_of(const Value* value) {
  const Tensor tensor = value->constant().clone();
  const auto values = tensor.values<std::int64_t>();
  return {values.begin(), values.end()};
}

float float_of(const Value* value) {
  return value->constant().clone().values<float>()[0];
}

/// What the model computes for 0, 1, 2, …; checks on the way that the graph is sound, and that it
/// means the same once written and read again.
std::vector<float> run(const ModelBuilder& model) {
  Graph graph = model.read();
  verify(graph);
  infer_types(graph);
  Tensor x = Tensor::allocate(DType::kFloat32, *graph.inputs()[0]->type.static_shape());
  std::iota(x.values<float>().begin(), x.values<float>().end(), 0.0f);
  const std::vector<Tensor> inputs = {x};
  const Tensor y = run_reference(graph, inputs)[0];
  const Tensor again = run_reference(read_bytes(to_onnx(graph)), inputs)[0];
  const std::vector<float> result(y.values<float>().begin(), y.values<float>().end());
  EXPECT_EQ(result, std::vector<float>(again.values<float>().begin(), again.values<float>().end()));
  return result;
}

void expect_refusal(const ModelBuilder& model, const std::string& part) {
  try {
    model.read();
    FAIL() << "it was read";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(UpgradeOperators, ClipTakesItsBoundsAsInputs) {
  const auto model =
      one_node(7, {4}, "Clip", {float_attribute("min", 1), float_attribute("max", 2)});
  EXPECT_EQ(run(model), (std::vector<float>{1, 1, 2, 2}));
  const Graph only_max = one_node(7, {4}, "Clip", {float_attribute("max", 2)}).read();
  EXPECT_EQ(only_max.nodes()[0]->input(1), nullptr);
  EXPECT_EQ(float_of(only_max.nodes()[0]->input(2)), 2);
}

TEST(UpgradeOperators, SliceTakesItsRangesAsInputs) {
  const auto model = one_node(
      9, {2, 3}, "Slice",
      {ints_attribute("axes", {1}), ints_attribute("starts", {1}), ints_attribute("ends", {9})});
  EXPECT_EQ(run(model), (std::vector<float>{1, 2, 4, 5}));
}

TEST(UpgradeOperators, PadTakesItsPaddingAsInputs) {
  const auto model =
      one_node(10, {2}, "Pad", {ints_attribute("pads", {1, 0}), float_attribute("value", 7)});
  EXPECT_EQ(run(model), (std::vector<float>{7, 0, 1}));
}

TEST(UpgradeOperators, AxesBecomeInputs) {
  for (const char* op_type : {"Squeeze", "Unsqueeze", "ReduceSum"}) {
    const Graph graph = one_node(12, {1, 1}, op_type, {ints_attribute("axes", {0})}).read();
    EXPECT_EQ(ints_of(graph.nodes()[0]->input(1)), Ints{0}) << op_type;
    EXPECT_FALSE(graph.nodes()[0]->has("axes")) << op_type;
  }
}

TEST(UpgradeOperators, SplitTakesItsSizesAsInput) {
  const auto model = one_node(11, {4}, "Split", {ints_attribute("split", {3, 1})}, {"z", "y"});
  EXPECT_EQ(run(model), (std::vector<float>{3}));
}

TEST(UpgradeOperators, TopKTakesItsCountAsInput) {
  const auto model = one_node(9, {4}, "TopK", {int_attribute("k", 2)}, {"y", "i"});
  EXPECT_EQ(ints_of(model.read().nodes()[0]->input(1)), Ints{2});
}

TEST(UpgradeOperators, SoftmaxSawAMatrix) {
  const std::vector<float> result =
      run(one_node(11, {1, 2, 2}, "Softmax", {int_attribute("axis", 1)}));
  const float total = 1 + std::exp(1.0f) + std::exp(2.0f) + std::exp(3.0f);
  for (int i = 0; i < 4; ++i)
    EXPECT_NEAR(result[static_cast<std::size_t>(i)], std::exp(static_cast<float>(i)) / total, 1e-6);
}

TEST(UpgradeOperators, SoftmaxOverTheLastAxisStaysOneNode) {
  EXPECT_EQ(one_node(11, {1, 4}, "Softmax", {int_attribute("axis", 1)}).read().node_count(), 1u);
  const Graph by_producer = ModelBuilder(11)
                                .input("x", {1, 2, 2})
                                .node("Flatten", {"x"}, {"flat"})
                                .node("LogSoftmax", {"flat"}, {"y"})
                                .output("y")
                                .read();
  EXPECT_EQ(by_producer.node_count(), 2u);
  EXPECT_EQ(by_producer.outputs()[0]->name(), "y");
}

TEST(UpgradeOperators, BatchNormalizationInTrainingUsesTheBatchItself) {
  const auto model = ModelBuilder(15)
                         .input("x", {2, 1, 2})
                         .floats("scale", {2})
                         .floats("bias", {1})
                         .floats("mean", {10})
                         .floats("variance", {20})
                         .node("BatchNormalization", {"x", "scale", "bias", "mean", "variance"},
                               {"y", "new_mean", "new_variance"},
                               {int_attribute("training_mode", 1),
                                float_attribute("momentum", 0.5f), float_attribute("epsilon", 0)})
                         .output("y")
                         .output("new_mean")
                         .output("new_variance");
  Graph graph = model.read();
  infer_types(graph);
  const std::vector<Tensor> inputs = {Tensor::from<float>({2, 1, 2}, {0, 2, 2, 0})};
  const std::vector<Tensor> y = run_reference(graph, inputs);
  EXPECT_EQ(y[0].values<float>()[0], -1);
  EXPECT_EQ(y[0].values<float>()[1], 3);
  EXPECT_EQ(y[1].values<float>()[0], 5.5f);
  EXPECT_EQ(y[2].values<float>()[0], 10.5f);
  EXPECT_EQ(graph.outputs()[2]->name(), "new_variance");
}

TEST(UpgradeOperators, DropoutKeepsAMaskThatIsRead) {
  ModelBuilder model(13);
  model.input("x", {2}).node("Dropout", {"x"}, {"y", "mask"}).output("y").output("mask");
  Graph graph = model.read();
  infer_types(graph);
  const std::vector<Tensor> inputs = {Tensor::from<float>({2}, {1, 2})};
  EXPECT_TRUE(run_reference(graph, inputs)[1].values<bool>()[1]);
}

TEST(UpgradeOperators, TodaysSoftmaxIsLeftAlone) {
  const std::vector<float> result =
      run(one_node(13, {1, 2, 2}, "Softmax", {int_attribute("axis", 1)}));
  EXPECT_NEAR(result[0] + result[2], 1, 1e-6);
}

TEST(UpgradeOperators, DropoutAndBatchNormalizationLoseWhatTrainingNeeds) {
  const Graph dropout =
      one_node(7, {1}, "Dropout", {float_attribute("ratio", 0.5f)}, {"y", "mask"}).read();
  EXPECT_FALSE(dropout.nodes()[0]->has("ratio"));
  EXPECT_EQ(dropout.nodes()[0]->output(1), nullptr);
  ModelBuilder used(7);
  used.input("x", {1}).node("Dropout", {"x"}, {"z", "mask"}).node("Identity", {"mask"}, {"y"});
  expect_refusal(used.output("y"), "'mask'");

  const auto batch_norm = [](const Names& attributes, const Names& outputs) {
    return ModelBuilder(14)
        .input("x", {1, 1, 2})
        .floats("one", {1})
        .node("BatchNormalization", {"x", "one", "one", "one", "one"}, outputs, attributes)
        .output("y");
  };
  expect_refusal(batch_norm({int_attribute("spatial", 0)}, {"y"}), "spatial");
  const Graph graph = batch_norm({int_attribute("spatial", 1)}, {"y", "mean"}).read();
  EXPECT_FALSE(graph.nodes()[0]->has("spatial"));
  EXPECT_EQ(graph.nodes()[0]->output(1), nullptr);
}

TEST(UpgradeOperators, DropoutOfNothingIsIdentity) {
  ModelBuilder model(13);
  model.input("x", {2}).initializer(raw_tensor("ratio", kFloatCode, {}, std::string(4, '\0')));
  model.initializer(raw_tensor("training", 9, {}, "\x01"));
  model.node("Dropout", {"x", "ratio", "training"}, {"y"}).output("y");
  EXPECT_EQ(run(model), (std::vector<float>{0, 1}));
}

TEST(UpgradeOperators, UpsampleBecomesResize) {
  const auto by_attribute =
      one_node(8, {1, 1, 1, 2}, "Upsample", {floats_attribute("scales", {1, 1, 1, 2})});
  EXPECT_EQ(run(by_attribute), (std::vector<float>{0, 0, 1, 1}));
  ModelBuilder by_input(9);
  by_input.input("x", {1, 1, 1, 2}).floats("s", {1, 1, 1, 2});
  by_input.node("Upsample", {"x", "s"}, {"y"}).output("y");
  EXPECT_EQ(run(by_input), (std::vector<float>{0, 0, 1, 1}));
}

TEST(UpgradeOperators, ResizeOfOpset10IsAsymmetric) {
  ModelBuilder model(10);
  model.input("x", {1, 1, 1, 2}).floats("s", {1, 1, 1, 2});
  model.node("Resize", {"x", "s"}, {"y"}, {string_attribute("mode", "linear")}).output("y");
  EXPECT_EQ(run(model), (std::vector<float>{0, 0.5f, 1, 1}));
}

TEST(UpgradeOperators, ScatterIsRenamed) {
  ModelBuilder model(9);
  model.input("x", {2}).node("Scatter", {"x", "x", "x"}, {"y"}, {int_attribute("axis", 0)});
  const Graph graph = model.output("y").read();
  EXPECT_EQ(graph.nodes()[0]->op_type(), "ScatterElements");
  EXPECT_EQ(graph.outputs()[0]->name(), "y");
}

ModelBuilder reduction(const std::string& tensor, const Names& attributes) {
  ModelBuilder model(18);
  model.input("x", {2, 2}).initializer(tensor);
  model.node("ReduceMean", {"x", "axes"}, {"y"}, attributes).output("y");
  return model;
}

TEST(UpgradeOperators, NewerReductionsGetTheirAxesBack) {
  const std::string axis_one = raw_tensor("axes", 7, {1}, std::string("\x01\0\0\0\0\0\0\0", 8));
  const auto model = reduction(axis_one, {int_attribute("keepdims", 0)});
  EXPECT_EQ(run(model), (std::vector<float>{0.5f, 2.5f}));
  EXPECT_EQ(model.read().nodes()[0]->get_ints("axes", {}), Ints{1});
  EXPECT_EQ(
      run(reduction(raw_tensor("axes", 7, {0}, ""), {int_attribute("noop_with_empty_axes", 1)}))
          .size(),
      4U);
  EXPECT_EQ(run(reduction(raw_tensor("axes", 7, {0}, ""), {int_attribute("keepdims", 0)})),
            (std::vector<float>{1.5f}));
}

TEST(UpgradeOperators, NewerAttributesThatSayNothingGo) {
  const Graph split =
      one_node(18, {4}, "Split", {int_attribute("num_outputs", 2)}, {"y", "z"}).read();
  EXPECT_FALSE(split.nodes()[0]->has("num_outputs"));
  const Graph cast =
      one_node(19, {4}, "Cast", {int_attribute("to", 1), int_attribute("saturate", 1)}).read();
  EXPECT_FALSE(cast.nodes()[0]->has("saturate"));
}

TEST(UpgradeOperators, FourierTransformsGetTheirDefaultAxis) {
  EXPECT_EQ(one_node(20, {1, 2, 3, 1}, "DFT", {}).read().nodes()[0]->get_int("axis", 1), -2);
  EXPECT_FALSE(one_node(17, {1, 2, 3, 1}, "DFT", {}).read().nodes()[0]->has("axis"));
}

TEST(UpgradeOperators, GroupNormalizationScalesPerChannel) {
  ModelBuilder model(18);
  model.input("x", {1, 4, 1}).floats("scale", {1, 10}).floats("bias", {0, 100});
  model.node("GroupNormalization", {"x", "scale", "bias"}, {"y"}, {int_attribute("num_groups", 2)});
  Graph graph = model.output("y").read();
  verify(graph);
  const Node& node = *graph.nodes().back();
  ASSERT_EQ(node.op_type(), "GroupNormalization");
  const Graph scales = [&] {
    Graph only = graph.clone();
    Value* scale = only.nodes().back()->input(1);
    only.replace_uses(only.outputs()[0], scale);
    only.erase_dead();
    return only;
  }();
  const std::vector<Tensor> inputs = {Tensor::zeros(DType::kFloat32, {1, 4, 1})};
  const Tensor scale = run_reference(scales, inputs)[0];
  EXPECT_EQ(std::vector<float>(scale.values<float>().begin(), scale.values<float>().end()),
            (std::vector<float>{1, 1, 10, 10}));
}

TEST(UpgradeOperators, RefusesToReplaceANodeWithoutOutputs) {
  ModelBuilder model(18);
  model.input("x", {1}).node("ReduceMax", {"x"}, {""}).output("x");
  expect_refusal(model, "output is missing");
}

}  // namespace
}  // namespace headway::onnx
