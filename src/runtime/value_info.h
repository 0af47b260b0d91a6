#pragma once

#include <span>
#include <vector>

#include "headway/model.h"

#include "graph/graph.h"

namespace headway {

/// How graph inputs and outputs look from outside. The rank must be known; unknown ranks show as an
/// empty shape.
std::vector<ValueInfo> describe_values(std::span<Value* const> values);

}  // namespace headway
