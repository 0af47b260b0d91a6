#pragma once

#include <optional>

#include "backends/opencl/library.h"
#include "graph/graph.h"

namespace headway::opencl {

/// What `binary_function` of binary.cl is told for a node; nullopt if it has no such function.
std::optional<cl_int> binary_function(const Node& node);

}  // namespace headway::opencl
