#pragma once

#include <string>

#include "ops/operator.h"

namespace headway {

/// The extent that two extents broadcast to; nullopt if they cannot.
std::optional<Dim> broadcast(const Dim& a, const Dim& b);

/// The shape that two shapes broadcast to. Throws Error(kInvalidModel) naming the node.
SymbolicShape broadcast(const InferContext& context, const SymbolicShape& a,
                        const SymbolicShape& b);

/// The shape that all inputs from `first` on broadcast to; nullopt if the rank of one is unknown.
std::optional<SymbolicShape> broadcast_inputs(const InferContext& context, std::size_t first = 0);

/// Input `index` repeated fills `type`, as far as both shapes are known. Throws
/// Error(kInvalidModel) naming the node.
void require_broadcast_to(const InferContext& context, std::size_t index, const TensorType& type);

/// Element strides of a dense array of shape `from` seen as the larger shape `to`: 0 along the axes
/// where it is repeated.
Shape broadcast_strides(const Shape& from, const Shape& to);

/// "[N,3,1]".
std::string to_string(const SymbolicShape& shape);

}  // namespace headway
