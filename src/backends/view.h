#pragma once

#include <cstddef>
#include <optional>

#include "graph/graph.h"

namespace headway {

/// Where in input 0 output 0 lies, in bytes, if it holds elements of the input unchanged, side by
/// side and in the same order, so that it needs no memory and no work: 0 for Reshape, Flatten,
/// Squeeze, Identity, …; the first block for whole neighbouring blocks of a computed image
/// (SelectChannels). nullopt for any other node. The types must be static.
std::optional<std::size_t> view_offset(const Node& node);

}  // namespace headway
