#include "passes/pass.h"

#include <algorithm>
#include <unordered_set>

namespace headway {
namespace {

/// A public name must not be lost: a graph output cannot be replaced by a value that already has
/// a public name of its own.
bool keeps_names(const Patch& patch, const Graph& graph) {
  if (!graph.is_output(patch.from)) return true;
  const bool is_input = std::ranges::find(graph.inputs(), patch.to) != graph.inputs().end();
  return !is_input && !graph.is_output(patch.to);
}

void apply(const Patch& patch, Graph& graph) {
  if (!patch.to->type.shape) patch.to->type = patch.from->type;
  graph.replace_uses(patch.from, patch.to);
  graph.erase_dead();
}

using Propose = std::function<std::optional<Patch>(Graph&, Node&)>;

std::size_t sweep(const Propose& propose, Graph& graph) {
  std::size_t applied = 0;
  std::unordered_set<const Node*> alive;
  const auto remember = [&] {
    const auto nodes = graph.nodes();
    alive = {nodes.begin(), nodes.end()};
  };
  remember();
  for (Node* node : graph.nodes()) {
    // A node with several outputs may be replaced one by one.
    while (alive.contains(node)) {
      const auto patch = propose(graph, *node);
      if (!patch || !keeps_names(*patch, graph)) break;
      apply(*patch, graph);
      remember();
      ++applied;
    }
  }
  return applied;
}

}  // namespace

std::size_t rewrite(const Propose& propose, Graph& graph) {
  std::size_t total = 0;
  while (const std::size_t applied = sweep(propose, graph)) total += applied;
  return total;
}

std::size_t apply(const Pass& pass, Graph& graph) {
  return pass.rewrite_all != nullptr ? pass.rewrite_all(graph) : rewrite(pass.propose, graph);
}

}  // namespace headway
