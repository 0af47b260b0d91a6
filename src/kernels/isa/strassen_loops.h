#pragma once

#include "kernels/gemm/strassen_operands.h"
#include "kernels/isa/simd.h"

namespace headway {
namespace {

inline void strassen_left_operands(Vector a11, Vector a12, Vector a21, Vector a22, float* packed,
                                   std::int64_t stride) {
  const Vector s1 = a21 + a22, s2 = s1 - a11;
  store(packed + kA11 * stride, a11);
  store(packed + kA12 * stride, a12);
  store(packed + kA22 * stride, a22);
  store(packed + kS1 * stride, s1);
  store(packed + kS2 * stride, s2);
  store(packed + kS3 * stride, a11 - a21);
  store(packed + kS4 * stride, a12 - s2);
}

void strassen_rows(const StrassenRows& rows) noexcept {
  constexpr std::int64_t kChunk = 16;
  float* packed = rows.packed;
  for (std::int64_t k = 0; k < rows.depth; k += kChunk) {
    for (std::int64_t row = 0; row < rows.upper; ++row, packed += kChunk) {
      const float* upper = rows.a + row * rows.stride + k;
      const float* lower = upper + rows.upper * rows.stride;
      for (std::int64_t i = 0; i < kChunk; i += kWidth) {
        const bool both = row < rows.lower;
        strassen_left_operands(
            load(upper + i), load(upper + rows.depth + i), both ? load(lower + i) : Vector{},
            both ? load(lower + rows.depth + i) : Vector{}, packed + i, rows.operand_stride);
      }
    }
  }
}

void strassen_quarter(const StrassenQuarter& quarter) noexcept {
  std::int64_t at = 0;
  for (std::int64_t row = 0; row < quarter.upper; ++row) {
    for (std::int64_t column = 0; column < quarter.columns; column += kWidth, at += kWidth) {
      const Vector p5 = load(quarter.p5 + at);
      store(quarter.p5 + at, p5 + load(quarter.u2 + at));
      if (row >= quarter.lower) continue;
      const std::int64_t offset = row * quarter.stride + column;
      Vector sum = p5 + load(quarter.u3 + at);
      if (quarter.accumulate) sum += load(quarter.c + offset);
      if (quarter.residual) sum += load(quarter.residual + offset);
      if (quarter.bias) sum += load(quarter.bias + column);
      store(quarter.c + offset, sum);
    }
  }
}

}  // namespace
}  // namespace headway
