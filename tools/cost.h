#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "graph/graph.h"

namespace headway {

/// What one run of a graph costs, counted on the graph as it stands (nothing fused).
struct Cost {
  std::int64_t multiply_adds = 0;
  std::map<std::string, std::int64_t> multiply_adds_by_operator;  ///< Only those that have any.
  std::int64_t peak_activation_bytes = 0;  ///< Of all values that are alive at one time.
};

/// Every type must be static: call infer_types with concrete shapes first.
Cost cost_of(const Graph& graph);

/// Trained elements: floating-point constants, but neither running statistics of batch
/// normalization nor single numbers such as the bounds of Clip.
std::int64_t parameter_count(const Graph& graph);

/// Of the constants that are multiplied in convolutions and matrix products, each counted once.
std::int64_t weight_bytes(const Graph& graph);

/// Of all constants.
std::int64_t constant_bytes(const Graph& graph);

}  // namespace headway
