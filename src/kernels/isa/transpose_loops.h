#pragma once

#include <utility>

#include "kernels/isa/rows.h"

namespace headway {
namespace {

/// One butterfly of a square transpose: swaps the off-diagonal blocks of `kSpan` elements.
template <int kSpan, int... kLanes>
inline void swap_blocks(Vector (&rows)[kWidth], std::integer_sequence<int, kLanes...>) {
#pragma GCC unroll 16
  for (int r = 0; r < kWidth; ++r) {
    if (r & kSpan) continue;
    const Vector top = rows[r];
    const Vector bottom = rows[r + kSpan];
    rows[r] = __builtin_shufflevector(top, bottom,
                                      ((kLanes & kSpan) ? kWidth + kLanes - kSpan : kLanes)...);
    rows[r + kSpan] = __builtin_shufflevector(
        top, bottom, ((kLanes & kSpan) ? kWidth + kLanes : kLanes + kSpan)...);
  }
}

inline void transpose_square(Vector (&rows)[kWidth]) {
  constexpr std::make_integer_sequence<int, kWidth> kLanes;
  swap_blocks<1>(rows, kLanes);
  swap_blocks<2>(rows, kLanes);
  if constexpr (kWidth > 4) swap_blocks<4>(rows, kLanes);
  if constexpr (kWidth > 8) swap_blocks<8>(rows, kLanes);
}

/// Reads up to kWidth × kWidth elements and leaves their columns in `rows`.
inline void load_transposed(const float* input, std::int64_t stride, int rows_there,
                            int columns_there, Vector (&rows)[kWidth]) {
#pragma GCC unroll 16
  for (int r = 0; r < kWidth; ++r) {
    rows[r] = r < rows_there ? load_partial(input + r * stride, columns_there) : Vector{};
  }
  transpose_square(rows);
}

void transpose(std::int64_t rows, std::int64_t columns, const float* input,
               std::int64_t input_stride, float* output, std::int64_t output_stride) noexcept {
  for (std::int64_t r = 0; r < rows; r += kWidth) {
    const int height = at_most_width(rows - r);
    for (std::int64_t c = 0; c < columns; c += kWidth) {
      const int width = at_most_width(columns - c);
      Vector block[kWidth];
      load_transposed(input + r * input_stride + c, input_stride, height, width, block);
      for (int i = 0; i < width; ++i) {
        store_partial(output + (c + i) * output_stride + r, block[i], height);
      }
    }
  }
}

}  // namespace
}  // namespace headway
