#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "graph/graph.h"

namespace headway::onnx {

/// What declared types and operators tell about the ranks of values before type inference, which
/// needs upgraded operators.
class Ranks {
 public:
  std::optional<std::int64_t> of(const Value* value) const;
  /// The extent of a value with one axis, such as the target of Reshape.
  std::optional<std::int64_t> length(const Value* value) const;
  /// Notes the ranks of a node's outputs; to be called in execution order.
  void add(const Node& node);

 private:
  std::optional<std::int64_t> of_result(const Node& node) const;
  std::optional<std::int64_t> with_axes(const Node& node, bool more) const;
  std::optional<std::int64_t> length_of_slice(const Node& node) const;
  std::optional<std::int64_t> length_of_result(const Node& node) const;

  std::unordered_map<const Value*, std::int64_t> ranks_, lengths_;
};

}  // namespace headway::onnx
