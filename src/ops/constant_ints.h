#pragma once

#include <optional>
#include <vector>

#include "graph/graph.h"

namespace headway {

/// The elements of an int64 or int32 constant; nullopt if the value is none.
std::optional<std::vector<std::int64_t>> constant_ints(const Value* value);

}  // namespace headway
