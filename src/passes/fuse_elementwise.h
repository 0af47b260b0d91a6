#pragma once

#include <cstddef>

#include "graph/graph.h"

namespace headway {

/// Element-wise operators on float32 of which one alone reads the other become one Elementwise
/// node (ops/fused.h), for backends that make one kernel of it. The types must be static. Returns
/// how many nodes it replaced.
std::size_t fuse_elementwise(Graph& graph);

}  // namespace headway
