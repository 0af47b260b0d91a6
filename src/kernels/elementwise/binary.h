#pragma once

#include <cstdint>
#include <span>

#include "kernels/context.h"
#include "kernels/elementwise/function.h"
#include "kernels/strided.h"

namespace headway {

/// output = activation(a op b), output dense row-major with these extents (rank at most kMaxRank).
/// Strides are in elements, per extent; 0 broadcasts. output may be a or b where that one is not
/// broadcast.
void binary(const KernelContext& context, BinaryOp op, std::span<const std::int64_t> extents,
            const float* a, std::span<const std::int64_t> a_strides, const float* b,
            std::span<const std::int64_t> b_strides, Unary activation, float* output) noexcept;

}  // namespace headway
