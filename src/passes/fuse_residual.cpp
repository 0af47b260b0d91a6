#include "passes/fusable.h"
#include "passes/passes.h"
#include "passes/pattern.h"

namespace headway {
namespace {

constexpr std::size_t kResidual = 3;

bool takes_residual(const Graph& graph, const Value* value) {
  const auto fusable = fusable_producer(graph, value);
  return fusable && fusable->inputs.size() > kResidual && fusable->inputs[kResidual] == nullptr;
}

/// A shortcut added to what a convolution or matrix product computes.
std::optional<Patch> propose(Graph& graph, Node& node) {
  if (!node.is("Add") || !same_type(node.input(0)->type, node.input(1)->type)) return std::nullopt;
  const auto sides =
      match_either_side(node, [&](const Value* value) { return takes_residual(graph, value); });
  if (!sides || !same_type(sides->match->type, node.output()->type)) return std::nullopt;
  auto fusable = fusable_producer(graph, sides->match);
  fusable->inputs[kResidual] = sides->other;
  return Patch{node.output(), insert_fused(graph, node, std::move(*fusable), *node.output())};
}

}  // namespace

const Pass kFuseResidual = {"fuse-residual", propose};

}  // namespace headway
