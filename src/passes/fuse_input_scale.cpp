#include "ops/fused.h"
#include "passes/blocked_values.h"
#include "passes/pattern.h"

namespace headway {
namespace {

constexpr std::size_t kScale = 4, kShift = 5;

/// One factor per channel, for each image or for all.
bool is_scale(const Value* value, const Shape& x) {
  const auto shape = value->type.static_shape();
  return shape && shape->size() == 5 && ((*shape)[0] == 1 || (*shape)[0] == x[0]) &&
         (*shape)[1] == x[1] && (*shape)[2] == 1 && (*shape)[3] == 1 && (*shape)[4] == x[4];
}

struct ScaledInput {
  Value* x;
  Value* scale;
  Value* shift = nullptr;
  std::string activation;
};

std::optional<ScaledInput> scaled_input(const Graph& graph, const Value* value,
                                        const Shape& shape) {
  if (const Node* node = private_producer(graph, value, "ScaleShift", kFusedDomain)) {
    const std::string activation = node->get_string("activation", "");
    if (!activation.empty() && activation != "Relu") return std::nullopt;
    if (!is_scale(node->input(1), shape) || !is_scale(node->input(2), shape)) return std::nullopt;
    if (node->input(2)->type.static_shape()->front() != 1) return std::nullopt;
    return ScaledInput{node->input(0), node->input(1), node->input(2), activation};
  }
  const Node* node = private_producer(graph, value, "Mul");
  if (node == nullptr || node->input(0) == node->input(1)) return std::nullopt;
  const auto sides =
      match_either_side(*node, [&](const Value* side) { return is_scale(side, shape); });
  if (!sides || !same_type(sides->other->type, value->type)) return std::nullopt;
  return ScaledInput{sides->other, sides->match, nullptr, ""};
}

}  // namespace

std::optional<Patch> propose_input_scale(Graph& graph, Node& node, std::int64_t /*block*/) {
  if (!node.is("BlockedConv", kFusedDomain) || node.input(kScale)) return std::nullopt;
  const Shape weights = node.input(1)->type.static_shape().value();
  const auto shape = node.input(0)->type.static_shape();
  const bool is_pointwise = weights[2] * weights[3] == 1;
  if (!shape || shape->size() != 5 || !is_pointwise || (*shape)[2] * (*shape)[3] == 1) {
    return std::nullopt;
  }
  const auto scaled = scaled_input(graph, node.input(0), *shape);
  if (!scaled) return std::nullopt;
  std::vector<Value*> inputs(node.inputs().begin(), node.inputs().end());
  inputs.resize(scaled->shift ? kShift + 1 : kScale + 1, nullptr);
  inputs[0] = scaled->x;
  inputs[kScale] = scaled->scale;
  if (scaled->shift) inputs[kShift] = scaled->shift;
  Attributes attributes = node.attributes;
  if (!scaled->activation.empty()) attributes["input_activation"] = scaled->activation;
  Node* fused = graph.insert_node(&node, node.op_type(), std::move(inputs),
                                  {node.output()->name() + "_scaled"}, std::move(attributes),
                                  node.name(), kFusedDomain);
  fused->output()->type = node.output()->type;
  return Patch{node.output(), fused->output()};
}

}  // namespace headway
