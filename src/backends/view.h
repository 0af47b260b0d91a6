#pragma once

#include "graph/graph.h"

namespace headway {

/// True if output 0 holds the elements of input 0 unchanged and in the same order, so that it needs
/// no memory and no work: Reshape, Flatten, Squeeze, Identity, …
bool is_view(const Node& node);

}  // namespace headway
