#pragma once

#include "ops/operator.h"

namespace headway {

/// The axes of a Reduce* node over a tensor of this rank, sorted. `given` are the elements of the
/// input `axes` (opset 18 form), if there is one; otherwise the attribute counts. No axes means all
/// of them, unless noop_with_empty_axes is set.
std::vector<std::size_t> reduce_axes(const Node& node, std::size_t rank,
                                     const std::optional<std::vector<std::int64_t>>& given);

bool keeps_dims(const Node& node);

}  // namespace headway
