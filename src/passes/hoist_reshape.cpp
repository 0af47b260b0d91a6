#include "ops/fused.h"
#include "passes/passes.h"
#include "passes/pattern.h"

namespace headway {
namespace {

constexpr std::size_t kB = 1, kBias = 2;

bool is_row(const Value* value, std::int64_t columns) {
  return value == nullptr || (value->is_constant() && value->constant().shape() == Shape{columns});
}

/// Gemm as exporters write a linear layer of flattened rows.
bool is_linear(const Node& node) {
  if (!node.is("Gemm") || node.get_int("transA", 0) != 0) return false;
  return node.get_float("alpha", 1.0f) == 1.0f && node.get_float("beta", 1.0f) == 1.0f;
}

/// MatMul or FusedMatMul without a residual, whose layout would change with the shape.
bool is_product(const Node& node) {
  return node.is("MatMul") || (node.is("FusedMatMul", kFusedDomain) && node.input(3) == nullptr);
}

/// `value` in another shape, whatever reshapes lie before it.
Value* reshaped(Graph& graph, Node& position, Value* value, const Shape& shape) {
  while (const Node* reshape = producer(value, "Reshape")) value = reshape->input(0);
  if (value->type.static_shape() == shape) return value;
  Value* extents =
      graph.add_constant(value->name() + "_shape",
                         Tensor::from<std::int64_t>({static_cast<std::int64_t>(shape.size())},
                                                    std::span<const std::int64_t>(shape)));
  Node* node = graph.insert_node(&position, "Reshape", {value, extents},
                                 {value->name() + "_reshaped"}, {{"allowzero", std::int64_t{1}}});
  node->output()->type = {value->type.dtype, to_symbolic(shape)};
  return node->output();
}

/// A product with a constant matrix followed by a Reshape of its rows: rows may be regrouped
/// before, where the Reshape stands in nobody's way.
std::optional<Patch> propose(Graph& graph, Node& node) {
  if (!node.is("Reshape") || !is_private(graph, node.input(0))) return std::nullopt;
  const Node* product = node.input(0)->producer();
  if (product == nullptr || !(is_linear(*product) || is_product(*product))) return std::nullopt;
  const Value* b = product->input(kB);
  const auto before = node.input(0)->type.static_shape(),
             after = node.output()->type.static_shape();
  const auto rows = product->input(0)->type.static_shape();
  if (!before || !after || !rows || after->empty() || before->empty() || rows->size() < 2 ||
      node.output()->type.dtype != DType::kFloat32 || !b->is_constant() ||
      b->constant().rank() != 2 || after->back() != before->back() || after->back() == 0 ||
      !is_row(product->input(kBias), before->back())) {
    return std::nullopt;
  }
  Shape shape = *after;
  shape.back() = rows->back();
  std::vector<Value*> inputs(product->inputs().begin(), product->inputs().end());
  inputs[0] = reshaped(graph, node, inputs[0], shape);
  Attributes attributes = product->attributes;
  for (const char* gemm_only : {"alpha", "beta", "transA"}) attributes.erase(gemm_only);
  Node* moved =
      graph.insert_node(&node, "FusedMatMul", inputs, {node.output()->name() + "_product"},
                        std::move(attributes), product->name(), kFusedDomain);
  return Patch{node.output(), moved->output()};
}

}  // namespace

const Pass kHoistReshape = {"hoist-reshape", propose};

}  // namespace headway
