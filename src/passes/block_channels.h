#pragma once

#include <cstddef>
#include <cstdint>

#include "graph/graph.h"

namespace headway {

/// Puts images into blocks of `block` channels (ops/fused.h), so that kernels work on whole
/// vectors: convolutions become BlockedConv, and what lies between them follows, as ordinary
/// operators on the blocked tensors, so that only the edges of the graph are reordered. The types
/// must be static. Returns how many patches were applied.
std::size_t block_channels(Graph& graph, std::int64_t block);

}  // namespace headway
