#pragma once

#include <cstdint>
#include <vector>

#include "headway/dtype.h"

#include "kernels/context.h"
#include "kernels/slide_axis.h"

namespace headway {

/// Pooling over `planes` independent arrays of any rank.
struct WindowShape {
  std::int64_t planes = 0;
  std::vector<SlideAxis> axes;  ///< Outermost first, at least one.

  std::int64_t in_points() const noexcept;
  std::int64_t out_points() const noexcept;
};

/// Maxima of int8, uint8, float32 or float64, where NaN is the largest, and where they are found
/// (`indices` may be null): counted over all planes, along the axes innermost first if `by_column`.
void max_windows(const KernelContext& context, DType dtype, const WindowShape& shape,
                 const void* input, void* output, std::int64_t* indices, bool by_column) noexcept;

/// Sums of magnitudes, or roots of sums of squares.
void norm_windows(const KernelContext& context, bool squares, const WindowShape& shape,
                  const float* input, float* output) noexcept;

/// What windows saw, columns [planes × taps × out_points], added up where they saw it.
void add_windows(const KernelContext& context, const WindowShape& shape, const float* columns,
                 float* output) noexcept;

}  // namespace headway
