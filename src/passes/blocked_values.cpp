#include "passes/blocked_values.h"

#include "ops/blocked.h"
#include "ops/fused.h"
#include "passes/pattern.h"

namespace headway {
namespace {

Shape static_shape(const Value* value) {
  return value->type.static_shape().value();
}

}  // namespace

Value* blocked_source(const Value* value, std::int64_t block) {
  if (value == nullptr) return nullptr;
  const Node* node = producer(value, "UnblockChannels", kFusedDomain);
  if (node == nullptr || static_shape(node->input(0)).back() != block) return nullptr;
  return node->input(0);
}

bool is_image(const Value* value) {
  if (value == nullptr || value->type.dtype != DType::kFloat32) return false;
  const auto shape = value->type.static_shape();
  return shape && shape->size() == 4;
}

Value* blocked(Graph& graph, Node& position, Value* value, std::int64_t block) {
  if (Value* source = blocked_source(value, block)) return source;
  Attributes attributes;
  attributes["block"] = block;
  Node* node = graph.insert_node(&position, "BlockChannels", {value}, {value->name() + "_blocked"},
                                 std::move(attributes), "", kFusedDomain);
  node->output()->type = {DType::kFloat32, to_symbolic(blocked_shape(static_shape(value), block))};
  return node->output();
}

Value* insert_blocked(Graph& graph, Node& node, std::string_view op_type,
                      std::vector<Value*> inputs, Attributes attributes, std::string_view domain,
                      std::int64_t block) {
  const Value* output = node.output();
  Node* added = graph.insert_node(&node, op_type, std::move(inputs), {output->name() + "_blocked"},
                                  std::move(attributes), node.name(), domain);
  added->output()->type = {DType::kFloat32,
                           to_symbolic(blocked_shape(static_shape(output), block))};
  return added->output();
}

Patch unblocking_patch(Graph& graph, Node& node, Value* blocked, Value* output) {
  if (output == nullptr) output = node.output();
  Attributes attributes;
  attributes["channels"] = static_shape(output)[1];
  Node* added = graph.insert_node(&node, "UnblockChannels", {blocked}, {output->name() + "_plain"},
                                  std::move(attributes), "", kFusedDomain);
  return {output, added->output()};
}

}  // namespace headway
