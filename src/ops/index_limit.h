#pragma once

#include <cstdint>

#include "graph/graph.h"

namespace headway {

/// How many rows an integer value picks from: the smallest extent of what Gather nodes index with
/// it, directly or after it was only moved, reshaped or cast to another integer type. 0 if it picks
/// nothing, or from extents that are not known. The graph's types are inferred.
std::int64_t index_limit(const Value& value);

}  // namespace headway
