#pragma once

#include "graph/graph.h"

namespace headway {

/// Axis i of a Transpose's output is axis result[i] of its input. Throws Error(kInvalidModel)
/// naming the node.
std::vector<std::size_t> transpose_permutation(const Node& node, std::size_t rank);

}  // namespace headway
