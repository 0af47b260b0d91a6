#include <algorithm>

#include "passes/passes.h"
#include "passes/pattern.h"

namespace headway {
namespace {

constexpr std::size_t kScale = 1, kBias = 2;

/// The input of a mean over the last axes of a static value; `first_axis` is the first of them.
struct Mean {
  Value* input;
  std::int64_t first_axis;
};

std::optional<Mean> match_mean(const Value* value) {
  const Node* node = producer(value, "ReduceMean");
  if (node == nullptr || node->get_int("keepdims", 1) == 0 || !node->input(0)->type.shape) {
    return std::nullopt;
  }
  const auto rank = static_cast<std::int64_t>(node->input(0)->type.shape->size());
  std::vector<std::int64_t> axes = node->get_ints("axes", {});
  for (std::int64_t& axis : axes) axis = axis < 0 ? axis + rank : axis;
  std::ranges::sort(axes);
  const auto count = static_cast<std::int64_t>(axes.size());
  for (std::int64_t i = 0; i < count; ++i) {
    if (axes[static_cast<std::size_t>(i)] != rank - count + i) return std::nullopt;
  }
  if (count == 0) return std::nullopt;
  return Mean{node->input(0), rank - count};
}

/// x - mean(x)
std::optional<Mean> match_deviation(const Value* value) {
  const Node* node = producer(value, "Sub");
  if (node == nullptr) return std::nullopt;
  const auto mean = match_mean(node->input(1));
  return mean && mean->input == node->input(0) ? mean : std::nullopt;
}

/// The base of value = base^exponent.
const Value* match_power(const Value* value, float exponent) {
  if (value == nullptr || value->producer() == nullptr) return nullptr;
  const Node& node = *value->producer();
  if (node.is("Pow") && float_scalar(node.input(1)) == exponent) return node.input(0);
  if (node.is("Mul") && exponent == 2.0f && node.input(0) == node.input(1)) return node.input(0);
  if (node.is("Sqrt") && exponent == 0.5f) return node.input(0);
  if (node.is("Reciprocal") && exponent == -0.5f) return match_power(node.input(0), 0.5f);
  if (node.is("Div") && exponent == -0.5f && float_scalar(node.input(0)) == 1.0f) {
    return match_power(node.input(1), 0.5f);
  }
  return nullptr;
}

/// epsilon, if value = mean((x - mean(x))²) + epsilon over the same axes as `mean`.
std::optional<float> match_variance(const Value* value, const Mean& mean) {
  const Node* sum = producer(value, "Add");
  if (sum == nullptr) return std::nullopt;
  const auto sides =
      match_either_side(*sum, [](const Value* side) { return float_scalar(side).has_value(); });
  if (!sides) return std::nullopt;
  const auto squares = match_mean(sides->other);
  if (!squares || squares->first_axis != mean.first_axis) return std::nullopt;
  const auto deviation = match_deviation(match_power(squares->input, 2.0f));
  const bool same =
      deviation && deviation->input == mean.input && deviation->first_axis == mean.first_axis;
  return same ? float_scalar(sides->match) : std::nullopt;
}

struct Core {
  Mean mean;
  float epsilon;
};

std::optional<Core> match_core(const Value* deviation, const Value* variance) {
  const auto mean = match_deviation(deviation);
  if (!mean) return std::nullopt;
  const auto epsilon = match_variance(variance, *mean);
  return epsilon ? std::optional(Core{*mean, *epsilon}) : std::nullopt;
}

/// (x - mean) / sqrt(variance + epsilon), or times its reciprocal.
std::optional<Core> match_core(const Node& node) {
  if (node.is("Div")) return match_core(node.input(0), match_power(node.input(1), 0.5f));
  if (!node.is("Mul")) return std::nullopt;
  const auto sides =
      match_either_side(node, [](const Value* side) { return match_deviation(side).has_value(); });
  if (!sides) return std::nullopt;
  return match_core(sides->match, match_power(sides->other, -0.5f));
}

/// The extents from `first_axis` on, if they are known.
std::optional<Shape> normalized_shape(const Value& value, std::int64_t first_axis) {
  const SymbolicShape& shape = *value.type.shape;
  return to_static(SymbolicShape(shape.begin() + first_axis, shape.end()));
}

std::optional<Patch> normalize(Graph& graph, Node& node) {
  const auto core = match_core(node);
  if (!core || core->mean.input->type.dtype != DType::kFloat32) return std::nullopt;
  const auto shape = normalized_shape(*core->mean.input, core->mean.first_axis);
  if (!shape) return std::nullopt;
  Tensor ones = Tensor::allocate(DType::kFloat32, *shape);
  std::ranges::fill(ones.values<float>(), 1.0f);
  Node* norm = graph.insert_node(
      &node, "LayerNormalization",
      {core->mean.input, graph.add_constant(node.output()->name() + "_ones", ones)},
      {node.output()->name() + "_norm"},
      {{"axis", core->mean.first_axis}, {"epsilon", core->epsilon}}, node.name());
  return Patch{node.output(), norm->output()};
}

bool is_all_ones(const Value* value) {
  const auto elements = float_constant(value);
  return elements && std::ranges::all_of(*elements, [](float x) { return x == 1.0f; });
}

/// A layer norm of this reader alone that lacks input `place` of its affine map.
Node* norm_without(const Graph& graph, const Value* value, std::size_t place) {
  Node* norm = private_producer(graph, value, "LayerNormalization");
  if (norm == nullptr || norm->input(kBias) != nullptr) return nullptr;
  if (!norm->input(kScale)->is_constant()) return nullptr;
  return place == kBias || is_all_ones(norm->input(kScale)) ? norm : nullptr;
}

/// Mul of the scale or Add of the bias after a layer norm that has none.
std::optional<Patch> complete(Graph& graph, Node& node) {
  if (!node.is("Mul") && !node.is("Add")) return std::nullopt;
  const std::size_t place = node.is("Mul") ? kScale : kBias;
  const auto sides = match_either_side(
      node, [&](const Value* value) { return norm_without(graph, value, place) != nullptr; });
  if (!sides || !sides->other->is_constant()) return std::nullopt;
  const Node* norm = sides->match->producer();
  if (sides->other->constant().shape() != norm->input(kScale)->constant().shape()) {
    return std::nullopt;
  }
  std::vector<Value*> inputs = {norm->input(0), norm->input(kScale)};
  inputs.resize(place + 1);
  inputs[place] = sides->other;
  Node* completed =
      graph.insert_node(&node, "LayerNormalization", inputs, {node.output()->name() + "_norm"},
                        norm->attributes, norm->name());
  return Patch{node.output(), completed->output()};
}

std::optional<Patch> propose(Graph& graph, Node& node) {
  if (auto patch = normalize(graph, node)) return patch;
  return complete(graph, node);
}

}  // namespace

const Pass kRecognizeLayerNorm = {"recognize-layer-norm", propose};

}  // namespace headway
