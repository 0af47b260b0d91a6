#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "formats/onnx/rank.h"
#include "graph/graph.h"

namespace headway::onnx {

/// A node that is being rewritten to what its operator means today.
struct Context {
  Graph& graph;
  Node* node;
  const Ranks& ranks;

  template <typename... Args>
  [[noreturn]] void fail(const Args&... args) const {
    headway::fail(ErrorCode::kUnsupported, node->described(), ": ", args...);
  }
  /// A new constant called after the node's first output.
  Value* constant(std::string_view role, Tensor tensor) const {
    return graph.add_constant(node->name() + "." + std::string(role), std::move(tensor));
  }
  Value* constant(std::string_view role, const std::vector<std::int64_t>& values) const {
    const Shape shape = {static_cast<std::int64_t>(values.size())};
    return constant(role, Tensor::from<std::int64_t>(shape, values));
  }
  /// A new single-output node before this one.
  Value* compute(std::string_view op_type, std::vector<Value*> inputs,
                 Attributes attributes = {}) const {
    return graph.insert_node(node, op_type, std::move(inputs), {""}, std::move(attributes))
        ->output();
  }
  /// Puts another operator in the node's place; its outputs keep their names and types.
  void replace_with(std::string_view op_type, std::vector<Value*> inputs, Attributes attributes);
};

/// The attribute, which is removed.
std::optional<std::vector<std::int64_t>> take_ints(Node& node, std::string_view name);
void drop(Node& node, std::string_view name);

}  // namespace headway::onnx
