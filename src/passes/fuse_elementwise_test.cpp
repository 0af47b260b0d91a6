#include "passes/fuse_elementwise.h"

#include <gtest/gtest.h>

#include "graph/text.h"
#include "ops/op_testing.h"

namespace headway {
namespace {

/// Operators of a graph after the pass, which must compute the same.
std::vector<std::string> fused(const std::string& text) {
  Graph graph = parse_graph(text);
  infer_types(graph);
  std::vector<Tensor> inputs;
  for (const Value* input : graph.inputs())
    inputs.push_back(
        random_floats(*input->type.static_shape(), static_cast<unsigned>(inputs.size()) + 1));
  const std::vector<Tensor> wanted = run_reference(graph, inputs);
  fuse_elementwise(graph);
  infer_types(graph);
  const std::vector<Tensor> found = run_reference(graph, inputs);
  EXPECT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) expect_near(found[i], wanted[i]);
  std::vector<std::string> operators;
  for (const Node* node : graph.nodes()) operators.push_back(node->op_type());
  return operators;
}

using Names = std::vector<std::string>;

TEST(FuseElementwise, ChainsBecomeOneNode) {
  EXPECT_EQ(fused("graph g (%a: float32[2,3], %b: float32[3]) -> (%y) {\n"
                  "%s = Add(%a, %b)\n%t = Tanh(%s)\n%y = Mul(%t, %b) }"),
            Names{"Elementwise"});
}

TEST(FuseElementwise, WhatIsReadTwiceWithinIsComputedOnce) {
  EXPECT_EQ(fused("graph g (%a: float32[2,3], %b: float32[3]) -> (%y) {\n"
                  "%s = Add(%a, %b)\n%t = Sigmoid(%s)\n%y = Mul(%t, %s) }"),
            Names{"Elementwise"});
}

TEST(FuseElementwise, BoundsStayConstant) {
  EXPECT_EQ(fused("graph g (%a: float32[5]) -> (%y) { %l: float32[] = constant {-1.0}\n"
                  "%h: float32[] = constant {0.5}\n%c = Clip(%a, %l, %h)\n%y = Neg(%c) }"),
            Names{"Elementwise"});
}

TEST(FuseElementwise, WhatOthersReadStays) {
  EXPECT_EQ(fused("graph g (%a: float32[2,3]) -> (%y, %s) {\n%s = Exp(%a)\n%y = Neg(%s) }"),
            (Names{"Exp", "Neg"}));
  EXPECT_EQ(fused("graph g (%a: float32[2,3]) -> (%y, %z) {\n%s = Exp(%a)\n%y = Neg(%s)\n"
                  "%z = Softmax(%s) }"),
            (Names{"Exp", "Neg", "Softmax"}));
}

TEST(FuseElementwise, SmallerValuesAreNotComputedRepeatedly) {
  EXPECT_EQ(fused("graph g (%a: float32[2,3], %b: float32[3]) -> (%y) {\n"
                  "%e = Exp(%b)\n%y = Mul(%a, %e) }"),
            (Names{"Exp", "Mul"}));
}

TEST(FuseElementwise, OperandsAreLimited) {
  std::string text = "graph g (%a: float32[2,3]) -> (%y) {\n%s0 = Neg(%a)\n";
  for (int i = 0; i < 12; ++i) {
    text += "%r" + std::to_string(i) + " = Transpose(%a)\n%q" + std::to_string(i) +
            " = Transpose(%r" + std::to_string(i) + ")\n%s" + std::to_string(i + 1) + " = Add(%s" +
            std::to_string(i) + ", %q" + std::to_string(i) + ")\n";
  }
  const Names names = fused(text + "%y = Neg(%s12) }");
  EXPECT_EQ(std::count(names.begin(), names.end(), "Elementwise"), 2);
}

}  // namespace
}  // namespace headway
