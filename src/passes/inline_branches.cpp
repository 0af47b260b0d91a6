#include <algorithm>
#include <unordered_map>

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

/// Copies the nodes of a body before `position`; its inputs are the node's captures.
std::vector<Value*> copy_body(Graph& graph, const Node& position, const Graph& body) {
  std::unordered_map<const Value*, Value*> copies = {{nullptr, nullptr}};
  for (std::size_t i = 0; i < body.inputs().size(); ++i)
    copies[body.inputs()[i]] = position.input(i + 1);
  for (const Value* constant : body.constants())
    copies[constant] = graph.add_constant(constant->name(), constant->constant());
  const auto copies_of = [&](std::span<Value* const> values) {
    std::vector<Value*> found;
    for (const Value* value : values) found.push_back(copies.at(value));
    return found;
  };
  for (const Node* node : body.nodes()) {
    std::vector<std::string> names;
    for (const Value* output : node->outputs()) names.push_back(output ? output->name() : "");
    Node* copy = graph.insert_node(&position, node->op_type(), copies_of(node->inputs()), names,
                                   node->attributes, node->name(), node->domain());
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (node->output(i) == nullptr) {
        graph.erase_output(copy, i);
      } else {
        copies[node->output(i)] = copy->output(i);
      }
    }
  }
  return copies_of(body.outputs());
}

void inline_branch(Graph& graph, Node* node, const Graph& branch) {
  const std::vector<Value*> results = copy_body(graph, *node, branch);
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
