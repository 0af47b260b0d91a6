#include <algorithm>

#include "graph/inline_body.h"
#include "ops/operator.h"
#include "passes/passes.h"

namespace headway {
namespace {

bool is_branch(const Node* node) {
  return node->is("If");
}

/// The branch that an If always takes, or nullptr.
Body chosen_branch(const Node& node) {
  if (!is_branch(&node) || !node.input(0)->is_constant()) return nullptr;
  const Tensor& condition = node.input(0)->constant();
  if (condition.dtype() != DType::kBool || condition.size() != 1) return nullptr;
  const bool holds = *condition.data<bool>();
  return std::get<Body>(node.attributes.at(holds ? "then_branch" : "else_branch"));
}

void inline_branch(Graph& graph, Node* node, const Graph& branch) {
  const std::vector<Value*> results = inline_body(graph, node, branch, node->inputs().subspan(1));
  for (std::size_t i = 0; i < results.size(); ++i) {
    Value* output = node->output(i);
    if (output == nullptr) continue;
    // An output of the graph keeps its name only if it is computed for itself.
    const bool is_shared = std::ranges::count(results, results[i]) > 1 ||
                           results[i]->producer() == nullptr || graph.is_output(results[i]);
    const bool needs_copy = graph.is_output(output) && is_shared;
    graph.replace_uses(output, needs_copy
                                   ? graph.insert_node(node, "Identity", {results[i]})->output()
                                   : results[i]);
  }
  graph.erase(node);
}

/// What is inlined may decide the condition of another If.
std::size_t rewrite_all(Graph& graph) {
  std::size_t inlined = 0;
  for (std::size_t before = ~std::size_t{0}; before != inlined;) {
    before = inlined;
    if (std::ranges::none_of(graph.nodes(), is_branch)) break;
    apply(kFoldConstants, graph);
    for (Node* node : graph.nodes()) {
      if (const Body branch = chosen_branch(*node)) {
        inline_branch(graph, node, *branch);
        ++inlined;
      }
    }
    if (inlined != before) infer_types(graph);
  }
  return inlined;
}

}  // namespace

const Pass kInlineBranches = {"inline-branches", nullptr, rewrite_all};

}  // namespace headway
