#include "ops/fused.h"
#include "passes/fusable.h"
#include "passes/passes.h"

namespace headway {
namespace {

/// An activation applied to what a convolution, matrix product or batch-norm computes.
std::optional<Patch> propose(Graph& graph, Node& node) {
  const auto activation = activation_of(node);
  if (!activation || activation->kind == ActivationKind::kNone) return std::nullopt;
  auto fusable = fusable_producer(graph, node.input(0));
  if (!fusable) return std::nullopt;
  set_fused_activation(fusable->attributes, *activation);
  return Patch{node.output(), insert_fused(graph, node, std::move(*fusable), *node.output())};
}

}  // namespace

const Pass kFuseActivation = {"fuse-activation", propose};

}  // namespace headway
