#include "ops/fused.h"

#include "ops/op_testing.h"

namespace headway {
namespace {

struct ActivationCase {
  Activation activation;
  const char* op;
  Attributes attributes;
  const char* domain = "";
};

std::vector<ActivationCase> activation_cases() {
  using Kind = ActivationKind;
  return {
      {{Kind::kNone}, "Identity", {}},
      {{Kind::kRelu}, "Relu", {}},
      {{Kind::kSigmoid}, "Sigmoid", {}},
      {{Kind::kHardSwish}, "HardSwish", {}},
      {{Kind::kHardSigmoid, 0, 0, 0.3f, 0.4f}, "HardSigmoid", {{"alpha", 0.3f}, {"beta", 0.4f}}},
      {{Kind::kLeakyRelu, 0, 0, 0.3f}, "LeakyRelu", {{"alpha", 0.3f}}},
      {{Kind::kSilu}, "Silu", {}, "headway"},
      {{Kind::kGelu}, "Gelu", {}},
      {{Kind::kGeluTanh}, "Gelu", {{"approximate", std::string("tanh")}}}};
}

Attributes with(const Activation& activation, Attributes attributes = {}) {
  set_fused_activation(attributes, activation);
  return attributes;
}

TEST(Fused, ConvIsConvolutionPlusResidualThenActivation) {
  const Tensor x = random_floats({2, 4, 6, 5}), w = random_floats({6, 2, 3, 3}, 2);
  const Tensor b = random_floats({6}, 3), z = random_floats({2, 6, 6, 5}, 4);
  const Attributes conv = {{"group", std::int64_t{2}}, {"pads", list({1, 1, 1, 1})}};
  const Tensor sum = run_op("Add", {run_op("Conv", {x, w, b}, conv), z});
  for (const ActivationCase& c : activation_cases()) {
    SCOPED_TRACE(c.op);
    const Tensor wanted = run_op(c.op, {sum}, c.attributes, c.domain);
    expect_near(run_op("FusedConv", {x, w, b, z}, with(c.activation, conv), "headway"), wanted,
                1e-4);
  }
}

TEST(Fused, ClipUsesItsBounds) {
  const Tensor x = floats({1, 1, 3}, {-9, 1, 9}), w = floats({1, 1, 1}, {1});
  const Attributes clip = with({ActivationKind::kClip, -1.0f, 6.0f});
  expect_near(run_op("FusedConv", {x, w}, clip, "headway"), floats({1, 1, 3}, {-1, 1, 6}));
}

TEST(Fused, GemmAndMatMul) {
  const Tensor a = random_floats({3, 4}), b = random_floats({5, 4}, 2), c = random_floats({5}, 3);
  const Attributes gemm = {{"transB", std::int64_t{1}}, {"alpha", 0.5f}};
  const Activation relu{ActivationKind::kRelu};
  expect_near(run_op("FusedGemm", {a, b, c}, with(relu, gemm), "headway"),
              run_op("Relu", {run_op("Gemm", {a, b, c}, gemm)}));
  const Tensor left = random_floats({2, 3, 4}), right = random_floats({4, 5}, 2);
  const Tensor residual = random_floats({2, 3, 5}, 4);
  const Tensor sum = run_op("Sum", {run_op("MatMul", {left, right}), c, residual});
  expect_near(run_op("FusedMatMul", {left, right, c, residual}, with(relu), "headway"),
              run_op("Relu", {sum}));
  const Tensor swapped = run_op("Transpose", {right});
  expect_near(run_op("FusedMatMul", {left, swapped}, {{"transB", std::int64_t{1}}}, "headway"),
              run_op("MatMul", {left, right}));
}

TEST(Fused, AttributesRoundTrip) {
  Graph graph;
  Value* x = graph.add_input("x", type_of({1, 1, 4}));
  Value* w = graph.add_input("w", type_of({1, 1, 1}));
  using Kind = ActivationKind;
  for (const Activation& activation :
       {Activation{Kind::kClip, -2.0f, 3.0f}, Activation{Kind::kLeakyRelu, 0, 0, 0.2f},
        Activation{Kind::kHardSigmoid, 0, 0, 0.25f, 0.75f}, Activation{Kind::kSilu}}) {
    Node* node = graph.add_node("FusedConv", {x, w}, {""}, with(activation), "", kFusedDomain);
    const Activation found = fused_activation(*node);
    EXPECT_EQ(found.kind, activation.kind);
    for (const double value : {-3.0, -0.5, 0.0, 0.5, 3.0}) {
      EXPECT_EQ(found(value), activation(value));
    }
  }
}

TEST(Fused, RecognizesActivations) {
  Graph graph;
  Value* x = graph.add_input("x", type_of({4}));
  Value* six = graph.add_constant("six", floats({}, {6}));
  const Node* relu6 = graph.add_node("Clip", {x, nullptr, six});
  ASSERT_TRUE(activation_of(*relu6).has_value());
  EXPECT_EQ(activation_of(*relu6)->max, 6.0f);
  EXPECT_FALSE(activation_of(*graph.add_node("Clip", {x, x})).has_value());
  EXPECT_FALSE(activation_of(*graph.add_node("Add", {x, x})).has_value());
  EXPECT_EQ(activation_of(*graph.add_node("Relu", {x}))->kind, ActivationKind::kRelu);
}

TEST(Fused, RefusesContradictions) {
  const ErrorCode bad = ErrorCode::kInvalidModel;
  expect_error(bad, {"no activation 'Rehlu'"}, [] {
    OneNode("FusedConv", {type_of({1, 1, 4}), type_of({1, 1, 1})},
            {{"activation", std::string("Rehlu")}}, 1, "headway")
        .infer();
  });
  expect_error(bad, {"residual", "differs from the output"}, [] {
    const Tensor x = random_floats({1, 1, 4}), w = random_floats({1, 1, 1});
    run_op("FusedConv", {x, w, Tensor(), random_floats({1, 1, 1})}, {}, "headway");
  });
  expect_error(bad, {"input 2", "broadcast"}, [] {
    OneNode("FusedMatMul", {type_of({1, 2}), type_of({2, 3}), type_of({4, 3})}, {}, 1, "headway")
        .infer();
  });
}

}  // namespace
}  // namespace headway
