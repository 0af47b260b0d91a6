#include "formats/onnx/upgrade_context.h"

namespace headway::onnx {

void Context::replace_with(std::string_view op_type, std::vector<Value*> inputs,
                           Attributes attributes) {
  Value* old = node->output();
  if (old == nullptr) fail("its first output is missing");
  for (const Value* output : node->outputs().subspan(1)) {
    if (output == nullptr) continue;
    if (!output->users().empty() || graph.is_output(output))
      fail("its output '", output->name(), "' is not supported");
  }
  Node* fresh = graph.insert_node(node, op_type, std::move(inputs), {""}, std::move(attributes),
                                  node->name(), "");
  fresh->output()->type = old->type;
  const std::string name = old->name();
  graph.replace_uses(old, fresh->output());
  graph.erase(node);
  if (fresh->output()->name() != name) graph.rename(fresh->output(), name);
  node = fresh;
}

std::optional<std::vector<std::int64_t>> take_ints(Node& node, std::string_view name) {
  if (!node.has(name)) return std::nullopt;
  std::vector<std::int64_t> values = node.get_ints(name, {});
  node.attributes.erase(node.attributes.find(name));
  return values;
}

void drop(Node& node, std::string_view name) {
  const auto found = node.attributes.find(name);
  if (found != node.attributes.end()) node.attributes.erase(found);
}

}  // namespace headway::onnx
