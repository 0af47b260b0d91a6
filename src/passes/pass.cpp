#include "passes/pass.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

namespace headway {
namespace {

/// A public name must not be lost: a graph output cannot be replaced by a value that already has
/// a public name of its own.
bool keeps_names(const Patch& patch, const Graph& graph) {
  if (!graph.is_output(patch.from)) return true;
  const bool is_input = std::ranges::find(graph.inputs(), patch.to) != graph.inputs().end();
  return !is_input && !graph.is_output(patch.to);
}

using Propose = std::function<std::optional<Patch>(Graph&, Node&)>;

/// One walk over the nodes. What a patch leaves unread is cut off at once, so that no pattern sees
/// it, and erased at the end: a walk over the whole graph after each patch would take too long.
class Sweep {
 public:
  Sweep(const Propose& propose, Graph& graph) : propose_(propose), graph_(graph) {}

  std::size_t run() {
    std::size_t applied = 0;
    for (Node* node : graph_.nodes()) {
      // A node with several outputs may be replaced one by one.
      while (!dead_.contains(node)) {
        const auto patch = propose_(graph_, *node);
        if (!patch || !keeps_names(*patch, graph_)) break;
        apply(*patch);
        ++applied;
      }
    }
    if (applied > 0) graph_.erase_dead();
    return applied;
  }

 private:
  void apply(const Patch& patch) {
    if (!patch.to->type.shape) patch.to->type = patch.from->type;
    Node* producer = patch.from->producer();
    graph_.replace_uses(patch.from, patch.to);
    std::vector<Node*> suspects = {producer};
    while (!suspects.empty()) {
      Node* node = suspects.back();
      suspects.pop_back();
      if (node == nullptr || is_read(*node) || !dead_.insert(node).second) continue;
      for (std::size_t i = 0; i < node->inputs().size(); ++i) {
        if (node->input(i) != nullptr) suspects.push_back(node->input(i)->producer());
        node->set_input(i, nullptr);
      }
    }
  }

  bool is_read(const Node& node) const {
    return std::ranges::any_of(node.outputs(), [&](const Value* output) {
      return output != nullptr && (!output->users().empty() || graph_.is_output(output));
    });
  }

  const Propose& propose_;
  Graph& graph_;
  std::unordered_set<const Node*> dead_;
};

}  // namespace

std::size_t rewrite(const Propose& propose, Graph& graph) {
  std::size_t total = 0;
  while (const std::size_t applied = Sweep(propose, graph).run()) total += applied;
  return total;
}

std::size_t apply(const Pass& pass, Graph& graph) {
  return pass.rewrite_all != nullptr ? pass.rewrite_all(graph) : rewrite(pass.propose, graph);
}

}  // namespace headway
