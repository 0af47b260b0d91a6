#pragma once

#include "kernels/brgemm/tile.h"
#include "kernels/isa/simd.h"
#include "kernels/isa/unary_loops.h"

namespace headway {
namespace {

inline std::int64_t brgemm_row(std::int64_t row, int line_rows, std::int64_t line_stride,
                               std::int64_t row_stride) {
  return row / line_rows * line_stride + row % line_rows * row_stride;
}

/// Some rows and vectors of the tile, few enough for the registers of any processor.
template <int kRows, int kVectors>
void brgemm_part(const BrgemmShape& shape, const BrgemmCall& call, int first_row,
                 int first_vector) noexcept {
  std::int64_t a_rows[kRows];
  Vector sums[kRows][kVectors];
  for (int r = 0; r < kRows; ++r) {
    a_rows[r] = brgemm_row(first_row + r, shape.line_rows, shape.a_line_stride, shape.a_row_stride);
    for (int v = 0; v < kVectors; ++v) {
      sums[r][v] = shape.bias ? load(call.bias + (first_vector + v) * kWidth) : Vector{};
    }
  }
  const std::int64_t b_stride = static_cast<std::int64_t>(shape.vectors) * kWidth;
  const float* b = call.b + first_vector * kWidth;
  for (std::int64_t i = 0; i < call.batch; ++i) {
    const float* a = call.a + call.a_offsets[i] / static_cast<std::int64_t>(sizeof(float));
    for (int k = 0; k < shape.k; ++k, b += b_stride) {
      for (int r = 0; r < kRows; ++r) {
        const Vector factor = splat(a[a_rows[r] + k]);
        for (int v = 0; v < kVectors; ++v) sums[r][v] += factor * load(b + v * kWidth);
      }
    }
  }
  const bool relu = shape.activation == BrgemmActivation::kRelu;
  const Vector low = splat(relu ? 0.0F : call.low);
  const Vector high = splat(relu ? __builtin_inff() : call.high);
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      const std::int64_t offset =
          brgemm_row(first_row + r, shape.line_rows, shape.c_line_stride, shape.c_row_stride) +
          (first_vector + v) * shape.c_vector_stride;
      const bool is_last = first_vector + v == shape.vectors - 1;
      const int columns = is_last && shape.last_columns != 0 ? shape.last_columns : kWidth;
      Vector sum = sums[r][v];
      if (shape.accumulate) sum += load_partial(call.c + offset, columns);
      if (shape.residual) sum += load_partial(call.residual + offset, columns);
      if (shape.addend) {
        sum += load(call.addend + (first_row + r) * shape.addend_row_stride +
                    (first_vector + v) * kWidth);
      }
      if (shape.activation != BrgemmActivation::kNone) sum = clip(sum, low, high);
      store_partial(call.c + offset, sum, columns);
    }
  }
}

template <int kVectors>
void brgemm_rows(const BrgemmShape& shape, const BrgemmCall& call, int first_vector) noexcept {
  int row = 0;
  for (; row + 4 <= shape.rows; row += 4) brgemm_part<4, kVectors>(shape, call, row, first_vector);
  for (; row < shape.rows; ++row) brgemm_part<1, kVectors>(shape, call, row, first_vector);
}

/// What shape.at_points means.
void brgemm_at_points(const BrgemmShape& shape, const BrgemmCall& call) noexcept {
  constexpr float kPoints[][3] = {{1, 0, 0}, {1, 1, 1}, {1, -1, 1},
                                  {0, 0, 1}, {1, 2, 4}, {1, -2, 4}};
  for (int row = 0; row < shape.rows; ++row) {
    const int line = row / shape.line_rows;
    const float* a =
        call.a + brgemm_row(row, shape.line_rows, shape.a_line_stride, shape.a_row_stride);
    const float* b = call.b;
    Vector sum = {};
    for (std::int64_t i = 0; i < call.batch; ++i) {
      const float* factors = a + call.a_offsets[i] / static_cast<std::int64_t>(sizeof(float));
      for (int k = 0; k < shape.k; ++k, b += 3 * kWidth) {
        const Vector value = kPoints[line][0] * load(b) + kPoints[line][1] * load(b + kWidth) +
                             kPoints[line][2] * load(b + 2 * kWidth);
        sum += factors[k] * value;
      }
    }
    store(call.c + brgemm_row(row, shape.line_rows, shape.c_line_stride, shape.c_row_stride),
          sum * call.line_factors[line]);
  }
}

void brgemm_loop(const BrgemmShape& shape, const BrgemmCall& call) noexcept {
  if (shape.at_points) return brgemm_at_points(shape, call);
  int vector = 0;
  for (; vector + 2 <= shape.vectors; vector += 2) brgemm_rows<2>(shape, call, vector);
  if (vector < shape.vectors) brgemm_rows<1>(shape, call, vector);
  const std::int64_t differences = call.batch * shape.differences * kWidth;
  for (std::int64_t i = 0; i < differences; i += kWidth) {
    store(call.difference + i, load(call.x + i) - load(call.y + i));
  }
}

}  // namespace
}  // namespace headway
