#include "ops/fused.h"
#include "passes/passes.h"
#include "passes/pattern.h"

namespace headway {
namespace {

/// x * sigmoid(x)
std::optional<Patch> propose(Graph& graph, Node& node) {
  if (!node.is("Mul")) return std::nullopt;
  const auto sides = match_either_side(
      node, [&](const Value* v) { return private_producer(graph, v, "Sigmoid") != nullptr; });
  if (!sides || sides->match->producer()->input(0) != sides->other) return std::nullopt;
  Node* silu = graph.insert_node(&node, "Silu", {sides->other}, {node.output()->name() + "_silu"},
                                 {}, node.name(), kFusedDomain);
  return Patch{node.output(), silu->output()};
}

}  // namespace

const Pass kRecognizeSilu = {"recognize-silu", propose};

}  // namespace headway
