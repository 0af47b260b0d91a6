#pragma once

#include <cstdint>

#include "graph/graph.h"

namespace headway {

// What one node costs, ONNX or fused, whoever runs it. Its types must be static.

/// Multiplications that are followed by an addition, in convolutions and matrix products by their
/// definition: a faster algorithm does not make the number smaller.
std::int64_t multiply_adds(const Node& node);

/// Bytes of the elements that must be moved at least once.
struct Traffic {
  std::int64_t read = 0;     ///< Inputs, weights included; of Gather and Slice what they pick.
  std::int64_t written = 0;  ///< Outputs.
};
Traffic memory_traffic(const Node& node);

}  // namespace headway
