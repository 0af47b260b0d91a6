#include "graph/inline_body.h"

#include <unordered_map>

namespace headway {

std::vector<Value*> inline_body(Graph& graph, const Node* position, const Graph& body,
                                std::span<Value* const> inputs) {
  std::unordered_map<const Value*, Value*> copies = {{nullptr, nullptr}};
  for (std::size_t i = 0; i < body.inputs().size(); ++i) copies[body.inputs()[i]] = inputs[i];
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
    Node* copy = graph.insert_node(position, node->op_type(), copies_of(node->inputs()), names,
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

}  // namespace headway
