#include <cmath>

#include "passes/passes.h"
#include "passes/pattern.h"

namespace headway {
namespace {

bool is_sixth_and_half(const Node& hard_sigmoid) {
  return std::abs(hard_sigmoid.get_float("alpha", 0.2f) - 1.0f / 6.0f) < 1e-6f &&
         hard_sigmoid.get_float("beta", 0.5f) == 0.5f;
}

/// x * hard_sigmoid(x) with slope 1/6: how exporters before opset 14 write HardSwish.
std::optional<Patch> propose(Graph& graph, Node& node) {
  if (!node.is("Mul")) return std::nullopt;
  const auto sides = match_either_side(node, [&](const Value* value) {
    const Node* source = private_producer(graph, value, "HardSigmoid");
    return source != nullptr && is_sixth_and_half(*source);
  });
  if (!sides || sides->match->producer()->input(0) != sides->other) return std::nullopt;
  Node* swish = graph.insert_node(&node, "HardSwish", {sides->other},
                                  {node.output()->name() + "_hard_swish"}, {}, node.name());
  return Patch{node.output(), swish->output()};
}

}  // namespace

const Pass kRecognizeHardSwish = {"recognize-hard-swish", propose};

}  // namespace headway
