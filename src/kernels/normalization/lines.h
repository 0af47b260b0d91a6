#pragma once

#include <cstdint>

#include "kernels/context.h"

namespace headway {

// Over [outer × axis × inner]; a line runs along the axis.

/// Each line divided by the sum of its magnitudes, or by the root of its sum of squares; a line of
/// zeros stays one.
void lp_normalize(const KernelContext& context, bool squares, std::int64_t outer, std::int64_t axis,
                  std::int64_t inner, const float* input, float* output) noexcept;

/// For each index along the axis: (x - mean) / (deviation + 1e-9) over all outer and inner ones.
void mean_variance_normalize(const KernelContext& context, std::int64_t outer, std::int64_t axis,
                             std::int64_t inner, const float* input, float* output) noexcept;

/// 1 at the first greatest element of each of `rows`, 0 elsewhere.
void hardmax(const KernelContext& context, std::int64_t rows, std::int64_t size, const float* input,
             float* output) noexcept;

}  // namespace headway
