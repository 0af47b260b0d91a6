#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace headway {

/// A node in its fused form (ops/fused.h), to which something may be added: inputs in the
/// fused operator's order, attributes as they are so far.
struct Fusable {
  std::string_view op_type;  ///< Of the fused operator.
  std::string_view name;
  std::vector<Value*> inputs;  ///< As many as the operator takes at most; nullptr where free.
  Attributes attributes;
};

/// The Conv, Gemm, MatMul or batch-norm, fused already or not, that computes `value` for one reader
/// alone and ends without an activation; nullopt if there is none.
std::optional<Fusable> fusable_producer(const Graph& graph, const Value* value);

/// Adds the fused node before `position`; it will take the place of the value `replaced`.
Value* insert_fused(Graph& graph, Node& position, Fusable fusable, const Value& replaced);

}  // namespace headway
