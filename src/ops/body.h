#pragma once

#include <string_view>
#include <vector>

#include "ops/operator.h"

namespace headway {

/// The types of what a body computes if its inputs have the given types.
std::vector<TensorType> infer_body(const Graph& body, std::span<const TensorType> inputs);

/// What is true of both: extents that differ become unknown. Throws Error(kInvalidModel) naming the
/// node if the dtypes or kinds differ.
TensorType common_type(const Node& node, const TensorType& a, const TensorType& b);

/// The types of the inputs that a node hands on to its bodies (Node::captures).
std::vector<TensorType> captured_types(const InferContext& context);

/// Throws Error(kInvalidModel) naming the node unless a body has so many inputs and outputs.
void check_body(const Node& node, std::string_view attribute, std::size_t inputs,
                std::size_t outputs);

}  // namespace headway
