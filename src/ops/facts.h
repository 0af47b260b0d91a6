#pragma once

#include <span>
#include <vector>

#include "ops/operator.h"

namespace headway {

/// All that inference knows about one value.
struct Facts {
  TensorType type;
  Tensor constant;                        ///< Its elements, if known.
  std::optional<SymbolicShape> elements;  ///< The elements of a small integer value as extents.
};

/// Checks arity and attributes of a node.
void check_node(const Node& node, const Operator& op);

/// Checks a node and applies its shape rule. One entry per input and output; the entries of
/// omitted ones mean nothing.
std::vector<Facts> infer_node(const Node& node, const Operator& op, std::vector<Facts> inputs);

/// Allocates the outputs (whose shapes must be static) and runs the reference kernel. Throws
/// Error(kOutOfMemory) naming the node if they take more than `memory_limit` bytes.
std::vector<Tensor> compute_node(const Node& node, const Operator& op,
                                 std::span<const Tensor> inputs, std::span<const Facts> outputs,
                                 std::uint64_t memory_limit = kNoMemoryLimit);

}  // namespace headway
