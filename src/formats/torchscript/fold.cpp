#include "formats/torchscript/fold.h"

#include <algorithm>
#include <span>
#include <vector>

#include "ops/operator.h"

namespace headway::torchscript {
namespace {

constexpr std::int64_t kMaxElements = 1024;

bool is_small(const Value* value) {
  if (value == nullptr) return true;
  const auto shape = value->type.static_shape();
  return shape && num_elements(*shape) <= kMaxElements;
}

bool can_fold(const Graph& graph, const Node& node) {
  const auto is_constant = [](const Value* value) {
    return value == nullptr || value->is_constant();
  };
  const auto is_public = [&](const Value* value) { return graph.is_output(value); };
  return !node.inputs().empty() && std::ranges::all_of(node.inputs(), is_constant) &&
         std::ranges::all_of(node.inputs(), is_small) &&
         std::ranges::all_of(node.outputs(), is_small) &&
         std::ranges::none_of(node.outputs(), is_public);
}

/// What Gather picks from a shape, if those extents are numbers; an undefined tensor otherwise.
Tensor known_extents(const Node& node) {
  const Value* extents = node.input(0);
  const Value* picks = node.input(1);
  if (!node.is("Gather") || extents == nullptr || extents->producer() == nullptr ||
      picks == nullptr)
    return {};
  const Node& shape = *extents->producer();
  if (!shape.is("Shape") || shape.has("start") || shape.has("end") || !picks->is_constant() ||
      picks->type.dtype != DType::kInt64 || !shape.input(0)->type.shape) {
    return {};
  }
  const SymbolicShape& dims = *shape.input(0)->type.shape;
  Tensor result = picks->constant().clone();
  for (std::int64_t& pick : result.values<std::int64_t>()) {
    const auto rank = static_cast<std::int64_t>(dims.size());
    const std::int64_t axis = pick < 0 ? pick + rank : pick;
    if (axis < 0 || axis >= rank || !dims[static_cast<std::size_t>(axis)].is_static()) return {};
    pick = dims[static_cast<std::size_t>(axis)].extent();
  }
  return result;
}

void replace(Graph& graph, Node* node, std::span<const Tensor> outputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (Value* output = node->output(i); output != nullptr)
      graph.replace_uses(output, graph.add_constant(output->name(), outputs[i]));
  }
  graph.erase(node);
}

}  // namespace

void fold_small_constants(Graph& graph) {
  for (Node* node : graph.nodes()) {
    if (const Tensor extents = known_extents(*node);
        extents.defined() && !graph.is_output(node->output())) {
      replace(graph, node, std::span(&extents, 1));
    } else if (can_fold(graph, *node)) {
      std::vector<Tensor> inputs;
      for (const Value* input : node->inputs())
        inputs.push_back(input == nullptr ? Tensor() : input->constant().clone());
      replace(graph, node, run_reference(*node, inputs));
    }
  }
}

}  // namespace headway::torchscript
