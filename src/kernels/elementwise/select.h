#pragma once

#include <cstdint>
#include <span>

#include "kernels/context.h"

namespace headway {

/// output = condition ? a : b, output dense row-major with these extents (rank at most kMaxRank).
/// Strides are in elements, per extent; 0 broadcasts.
void select(const KernelContext& context, std::span<const std::int64_t> extents,
            const bool* condition, std::span<const std::int64_t> condition_strides, const float* a,
            std::span<const std::int64_t> a_strides, const float* b,
            std::span<const std::int64_t> b_strides, float* output) noexcept;

}  // namespace headway
