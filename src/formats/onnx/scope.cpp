#include "formats/onnx/scope.h"

#include <algorithm>
#include <unordered_set>

namespace headway::onnx {
namespace {

/// Adds what the graph reads but does not define.
void add_free_names(const GraphProto& graph, std::vector<std::string_view>& names) {
  std::unordered_set<std::string_view> defined;
  for (const auto& message : graph.initializers) defined.insert(name_of_tensor(message));
  for (const ValueInfoProto& input : graph.inputs) defined.insert(input.name);
  for (const NodeProto& node : graph.nodes)
    defined.insert(node.outputs.begin(), node.outputs.end());

  std::unordered_set<std::string_view> known(names.begin(), names.end());
  const auto add = [&](std::string_view name) {
    if (!name.empty() && !defined.contains(name) && known.insert(name).second)
      names.push_back(name);
  };
  for (const NodeProto& node : graph.nodes) {
    for (const std::string_view name : node.inputs) add(name);
    for (const std::string_view name : captured_names(node)) add(name);
  }
  for (const ValueInfoProto& output : graph.outputs) add(output.name);
}

}  // namespace

std::vector<std::string_view> captured_names(const NodeProto& node) {
  std::vector<std::string_view> names;
  for (const AttributeProto& attribute : node.attributes)
    if (attribute.body) add_free_names(*attribute.body, names);
  return names;
}

}  // namespace headway::onnx
