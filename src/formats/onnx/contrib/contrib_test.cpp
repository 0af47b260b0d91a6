#include "formats/onnx/contrib/contrib.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/test_error.h"
#include "formats/onnx/model_builder.h"
#include "graph/verify.h"
#include "ops/operator.h"

namespace headway::onnx {
namespace {

using Names = std::vector<std::string>;
using Floats = std::vector<float>;

constexpr const char* kDomain = "com.microsoft";
constexpr std::int64_t kUInt8Code = 2;

struct Input {
  std::string name;
  Shape shape;
  Floats values;
};

ModelBuilder model_of(const std::string& op_type, const std::vector<Input>& inputs,
                      const Names& attributes, const Names& outputs = {"y"}) {
  ModelBuilder model;
  Names names;
  for (const Input& input : inputs) {
    names.push_back(input.name);
    if (!input.name.empty()) model.input(input.name, input.shape);
  }
  model.node(op_type, names, outputs, attributes, kDomain);
  for (const std::string& output : outputs)
    if (!output.empty()) model.output(output);
  return model;
}

/// What the standard operators that took the node's place compute.
std::vector<Floats> run(const std::string& op_type, const std::vector<Input>& inputs,
                        const Names& attributes = {}, const Names& outputs = {"y"}) {
  Graph graph = model_of(op_type, inputs, attributes, outputs).read();
  verify(graph);
  infer_types(graph);
  for (const Node* node : graph.nodes()) EXPECT_EQ(node->domain(), "") << node->described();
  std::vector<Tensor> tensors;
  for (const Input& input : inputs)
    if (!input.name.empty()) tensors.push_back(Tensor::from<float>(input.shape, input.values));
  std::vector<Floats> results;
  for (const Tensor& y : run_reference(graph, tensors))
    results.emplace_back(y.values<float>().begin(), y.values<float>().end());
  std::size_t next = 0;
  for (const std::string& name : outputs) {
    if (name.empty()) continue;
    EXPECT_EQ(graph.outputs()[next++]->name(), name);
  }
  return results;
}

void expect_near(const Floats& actual, const Floats& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-5) << i;
}

TEST(ContribOperators, FusedConvAddsBeforeItsActivation) {
  const std::vector<Input> inputs = {{"x", {1, 1, 1, 2}, {1, 2}},
                                     {"w", {1, 1, 1, 1}, {2}},
                                     {"b", {1}, {1}},
                                     {"z", {1, 1, 1, 2}, {-10, 1}}};
  expect_near(run("FusedConv", inputs, {string_attribute("activation", "Relu")})[0], {0, 6});
  expect_near(run("FusedConv", inputs,
                  {string_attribute("activation", "LeakyRelu"),
                   floats_attribute("activation_params", {0.5f})})[0],
              {-3.5f, 6});
  expect_near(run("FusedConv", inputs,
                  {string_attribute("activation", "Clip"),
                   floats_attribute("activation_params", {-1, 2})})[0],
              {-1, 2});
}

TEST(ContribOperators, FusedMatMulTransposesAndScales) {
  expect_near(run("FusedMatMul", {{"a", {1, 2}, {1, 2}}, {"b", {1, 2}, {3, 4}}},
                  {int_attribute("transB", 1), float_attribute("alpha", 2)})[0],
              {22});
  expect_near(run("FusedMatMul", {{"a", {2, 1}, {1, 2}}, {"b", {2, 1}, {3, 4}}},
                  {int_attribute("transA", 1)})[0],
              {11});
}

TEST(ContribOperators, SayHowToSaveWhatOneMachineLaidOut) {
  ModelBuilder model;
  model.input("x", {1, 16, 4, 4}).input("w", {16, 16, 1, 1});
  model.node("Conv", {"x", "w"}, {"y"}, {}, "com.microsoft.nchwc").output("y");
  EXPECT_NE(
      error_message(ErrorCode::kUnsupported, [&] { model.read(); }).find("ORT_ENABLE_EXTENDED"),
      std::string::npos);
}

TEST(ContribOperators, DynamicQuantizeLSTMIsAnLSTMOfItsWeights) {
  const auto floats = [](const std::string& name, const Shape& shape, const Floats& values) {
    return raw_tensor(
        name, 1, shape,
        {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
  };
  ModelBuilder model;
  model.input("x", {2, 1, 2})
      .initializer(raw_tensor("w", kUInt8Code, {1, 2, 4}, "\1\2\3\4\5\6\7\10"))
      .initializer(raw_tensor("r", kUInt8Code, {1, 1, 4}, "\4\3\2\1"))
      .initializer(raw_tensor("z", kUInt8Code, {1}, "\2"))
      .initializer(floats("s", {1}, {0.5F}))
      .initializer(floats("each", {1, 4}, {0.5F, 0.25F, 1, 2}))
      .initializer(floats("plain_w", {1, 4, 2}, {-0.5F, 1.5F, 0, 2, 0.5F, 2.5F, 1, 3}))
      .initializer(floats("plain_r", {1, 4, 1}, {1, 0.25F, 0, -2}))
      .initializer(raw_tensor("zeros", kUInt8Code, {1, 4}, "\2\2\2\2"))
      .node("DynamicQuantizeLSTM", {"x", "w", "r", "", "", "", "", "", "s", "z", "each", "zeros"},
            {"y"}, {int_attribute("hidden_size", 1)}, kDomain)
      .node("LSTM", {"x", "plain_w", "plain_r"}, {"expected"}, {int_attribute("hidden_size", 1)})
      .output("y")
      .output("expected");
  const Graph graph = model.read();
  const auto y = run_reference(
      graph, std::vector<Tensor>{Tensor::from<float>({2, 1, 2}, {0.25F, -0.5F, 1, 0.125F})});
  const std::span<const float> got = y[0].values<float>(), wanted = y[1].values<float>();
  expect_near({got.begin(), got.end()}, {wanted.begin(), wanted.end()});
}

TEST(ContribOperators, QLinearConvTakesChannelsLast) {
  ModelBuilder model;
  model.input("x", {1, 1, 2, 1}, kUInt8Code)
      .initializer(raw_tensor("s", 1, {}, std::string("\0\0\x80\x3f", 4)))
      .initializer(raw_tensor("z", kUInt8Code, {}, std::string(1, '\0')))
      .initializer(raw_tensor("w", kUInt8Code, {2, 1, 1, 1}, "\2\3"))
      .node("QLinearConv", {"x", "s", "z", "w", "s", "z", "s", "z"}, {"y"},
            {int_attribute("channels_last", 1)}, kDomain)
      .output("y");
  const Graph graph = model.read();
  const Tensor y = run_reference(
      graph, std::vector<Tensor>{Tensor::from<std::uint8_t>({1, 1, 2, 1}, {5, 7})})[0];
  EXPECT_EQ(y.shape(), (Shape{1, 1, 2, 2}));
  EXPECT_TRUE(
      std::ranges::equal(y.values<std::uint8_t>(), std::vector<std::uint8_t>{10, 15, 14, 21}));
}

TEST(ContribOperators, ZipMapLeavesTheMatrixOfScores) {
  ModelBuilder model;
  model.input("x", {2, 2});
  model.node("ZipMap", {"x"}, {"y"}, {}, "ai.onnx.ml");
  model.output("y");
  Graph graph = model.read();
  infer_types(graph);
  EXPECT_EQ(graph.outputs()[0]->type.to_string(), "float32[2,2]");
}

TEST(ContribOperators, GeluInItsForms) {
  const auto gelu = [](float x) { return 0.5f * x * (1 + std::erf(x / std::sqrt(2.0f))); };
  expect_near(run("Gelu", {{"x", {2}, {-1, 2}}})[0], {gelu(-1), gelu(2)});
  expect_near(run("BiasGelu", {{"x", {2}, {-1, 2}}, {"b", {2}, {1, -1}}})[0], {gelu(0), gelu(1)});
  expect_near(run("QuickGelu", {{"x", {1}, {1}}})[0], {1 / (1 + std::exp(-1.702f))});
  expect_near(run("BiasSplitGelu", {{"x", {1, 1, 2}, {3, 0}}, {"b", {2}, {0, 1}}})[0],
              {3 * gelu(1)});
}

TEST(ContribOperators, SkipLayerNormalizationAlsoReturnsTheSum) {
  const std::vector<Input> inputs = {{"x", {1, 1, 2}, {1, 2}},
                                     {"skip", {1, 1, 2}, {1, 4}},
                                     {"gamma", {2}, {1, 2}},
                                     {"beta", {2}, {0, 1}}};
  const auto y = run("SkipLayerNormalization", inputs, {}, {"y", "", "", "sum"});
  expect_near(y[0], {-1, 3});
  expect_near(y[1], {2, 6});
}

TEST(ContribOperators, AttentionOfOneKeyIsItsValue) {
  const std::vector<Input> inputs = {
      {"q", {1, 2, 2}, {1, 2, 3, 4}}, {"k", {1, 1, 2}, {5, 6}}, {"v", {1, 1, 2}, {7, 8}}};
  expect_near(run("MultiHeadAttention", inputs, {int_attribute("num_heads", 2)})[0], {7, 8, 7, 8});
}

TEST(ContribOperators, CausalAttentionSeesThePastAndItself) {
  // All scores are zero, so that each result is the mean of the values seen.
  const std::vector<Input> inputs = {{"q", {1, 2, 1}, {0, 0}},
                                     {"k", {1, 2, 1}, {0, 0}},
                                     {"v", {1, 2, 1}, {3, 6}},
                                     {"", {}, {}},
                                     {"", {}, {}},
                                     {"", {}, {}},
                                     {"pk", {1, 1, 1, 1}, {0}},
                                     {"pv", {1, 1, 1, 1}, {9}}};
  const auto y =
      run("MultiHeadAttention", inputs,
          {int_attribute("num_heads", 1), int_attribute("unidirectional", 1)}, {"y", "", "v2"});
  expect_near(y[0], {6, 6});
  expect_near(y[1], {9, 3, 6});
}

TEST(ContribOperators, BlockwiseWeightsAreUnpacked) {
  // One row of two blocks of 8 elements in 4 bits; without zero points 8 means zero.
  std::string bytes;
  for (const int byte : {0x98, 0x8a, 0x88, 0x88, 0x08, 0x88, 0x88, 0x88})
    bytes.push_back(static_cast<char>(byte));
  Floats ones(16, 1);
  Graph graph = ModelBuilder()
                    .input("a", {1, 16})
                    .initializer(raw_tensor("b", kUInt8Code, {1, 2, 4}, bytes))
                    .floats("scales", {0.5f, 2})
                    .node("MatMulNBits", {"a", "b", "scales"}, {"y"},
                          {int_attribute("K", 16), int_attribute("N", 1), int_attribute("bits", 4),
                           int_attribute("block_size", 8)},
                          kDomain)
                    .output("y")
                    .read();
  const std::vector<Tensor> inputs = {Tensor::from<float>({1, 16}, ones)};
  infer_types(graph);
  const Tensor y = run_reference(graph, inputs)[0];
  // First block: 1 and 2 steps of 0.5; second: -8 steps of 2 (the high half of 0x08 is 0).
  EXPECT_FLOAT_EQ(y.values<float>()[0], 0.5f * (1 + 2) - 2 * 8);
}

TEST(ContribOperators, FourierTransformsOfRealSignals) {
  const Floats signal = {1, 2, 3, 4};
  const Floats spectrum = {10, 0, -2, 2, -2, 0};
  expect_near(run("Rfft", {{"x", {4}, signal}})[0], spectrum);
  expect_near(run("Irfft", {{"x", {3, 2}, spectrum}})[0], signal);
}

TEST(ContribOperators, RefuseWhatTheyDoNotUnderstand) {
  const auto refusal = [](const ModelBuilder& model) {
    return error_message(ErrorCode::kUnsupported, [&] { model.read(); });
  };
  const std::vector<Input> x = {{"x", {1, 1, 1, 1}, {}}, {"w", {1, 1, 1, 1}, {}}};
  EXPECT_NE(
      refusal(model_of("FusedConv", x, {string_attribute("activation", "Odd")})).find("'Odd'"),
      std::string::npos);
  EXPECT_NE(refusal(model_of("FusedMatMul", x, {int_attribute("odd", 1)})).find("'odd'"),
            std::string::npos);
  EXPECT_NE(
      refusal(model_of("SimplifiedLayerNormalization", x, {}, {"y", "inverse"})).find("inverse"),
      std::string::npos);
}

}  // namespace
}  // namespace headway::onnx
