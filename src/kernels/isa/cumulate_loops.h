#pragma once

#include "kernels/isa/simd.h"

namespace headway {
namespace {

template <bool kProduct>
void cumulate_strip(bool exclusive, std::int64_t columns, std::int64_t rows, std::int64_t step,
                    const float* x, float* y) {
  double totals[kCumulatedColumns];
  for (std::int64_t i = 0; i < columns; ++i) totals[i] = kProduct ? 1.0 : 0.0;
  for (std::int64_t row = 0; row < rows; ++row, x += step, y += step) {
    for (std::int64_t i = 0; i < columns; ++i) {
      const double value = x[i];
      const double next = kProduct ? totals[i] * value : totals[i] + value;
      y[i] = static_cast<float>(exclusive ? totals[i] : next);
      totals[i] = next;
    }
  }
}

void cumulate_columns(bool product, bool exclusive, std::int64_t columns, std::int64_t rows,
                      std::int64_t step, const float* x, float* y) noexcept {
  product ? cumulate_strip<true>(exclusive, columns, rows, step, x, y)
          : cumulate_strip<false>(exclusive, columns, rows, step, x, y);
}

}  // namespace
}  // namespace headway
