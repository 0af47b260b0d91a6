#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "graph/text.h"
#include "graph/verify.h"
#include "ops/operator.h"
#include "passes/pass.h"

namespace headway {

/// Parses a graph and infers its types.
inline Graph typed_graph(const std::string& text) {
  Graph graph = parse_graph(text);
  infer_types(graph);
  return graph;
}

/// The operators in execution order: "Conv Relu".
inline std::string operators_of(const Graph& graph) {
  std::string names;
  for (const Node* node : graph.nodes()) {
    if (!names.empty()) names += ' ';
    names += node->op_type();
  }
  return names;
}

/// Normally distributed float32 inputs; symbolic extents become 2.
inline std::vector<Tensor> random_inputs(const Graph& graph, std::uint64_t seed) {
  Random random(seed);
  std::vector<Tensor> inputs;
  for (const Value* input : graph.inputs()) {
    Shape shape;
    for (const Dim& dim : *input->type.shape) shape.push_back(dim.is_static() ? dim.extent() : 2);
    Tensor tensor = Tensor::allocate(DType::kFloat32, shape);
    for (float& element : tensor.values<float>()) element = random.normal();
    inputs.push_back(tensor);
  }
  return inputs;
}

inline void expect_close(const Tensor& actual, const Tensor& expected, double tolerance) {
  ASSERT_EQ(actual.shape(), expected.shape());
  ASSERT_EQ(actual.dtype(), expected.dtype());
  const Tensor a = actual.to(DType::kFloat64), b = expected.to(DType::kFloat64);
  double largest = 0, error = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    const double x = a.data<double>()[i], y = b.data<double>()[i];
    ASSERT_TRUE(std::isfinite(x) && std::isfinite(y)) << "element " << i;
    largest = std::max(largest, std::abs(y));
    error = std::max(error, std::abs(x - y));
  }
  EXPECT_LE(error, tolerance * std::max(largest, 1e-6));
}

/// Rewrites the graph and checks that it stays sound, keeps its interface and computes what it
/// computed before. Returns the operators that are left.
inline std::string operators_after(const std::function<void(Graph&)>& rewrites,
                                   const std::string& text) {
  const Graph before = typed_graph(text);
  Graph after = before.clone();
  after.erase_dead();
  rewrites(after);
  verify(after);
  EXPECT_EQ(after.outputs().size(), before.outputs().size());
  for (std::size_t i = 0; i < after.outputs().size(); ++i) {
    EXPECT_EQ(after.outputs()[i]->name(), before.outputs()[i]->name());
    EXPECT_EQ(after.outputs()[i]->type, before.outputs()[i]->type);
  }
  const std::vector<Tensor> inputs = random_inputs(before, 1);
  const auto expected = run_reference(before, inputs), actual = run_reference(after, inputs);
  for (std::size_t i = 0; i < expected.size(); ++i) expect_close(actual[i], expected[i], 1e-5);
  infer_types(after);
  return operators_of(after);
}

inline std::string operators_after(const Pass& pass, const std::string& text) {
  return operators_after([&](Graph& graph) { apply(pass, graph); }, text);
}

}  // namespace headway
