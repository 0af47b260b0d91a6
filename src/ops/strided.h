#pragma once

#include <array>

#include "headway/tensor.h"

namespace headway {

/// Element strides of a dense row-major array.
inline Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::size_t axis = shape.size(); axis-- > 1;) {
    strides[axis - 1] = strides[axis] * std::max<std::int64_t>(shape[axis], 1);
  }
  return strides;
}

/// Visits all positions of `shape` in row-major order, one innermost row at a time, while N arrays
/// with the given strides are followed: `row(offsets, steps, count)`, where the row's i-th element
/// lies at offsets[k] + i * steps[k] of array k.
template <std::size_t N, typename Row>
void for_each_row(const Shape& shape, const std::array<Shape, N>& strides, Row&& row) {
  const std::size_t outer_rank = shape.empty() ? 0 : shape.size() - 1;
  const std::int64_t count = shape.empty() ? 1 : shape.back();
  std::array<std::int64_t, N> offsets{}, steps{};
  if (!shape.empty()) {
    for (std::size_t k = 0; k < N; ++k) steps[k] = strides[k].back();
  }
  for (const std::int64_t extent : shape) {
    if (extent == 0) return;
  }
  Shape position(outer_rank, 0);
  while (true) {
    row(static_cast<const std::array<std::int64_t, N>&>(offsets), steps, count);
    std::size_t axis = outer_rank;
    while (true) {
      if (axis == 0) return;
      --axis;
      for (std::size_t k = 0; k < N; ++k) offsets[k] += strides[k][axis];
      if (++position[axis] < shape[axis]) break;
      for (std::size_t k = 0; k < N; ++k) offsets[k] -= strides[k][axis] * shape[axis];
      position[axis] = 0;
    }
  }
}

/// Copies `target_shape` elements, read from `source` with `strides` (and `source_offset`), to a
/// dense target.
template <typename T>
void copy_strided(const T* source, const Shape& strides, const Shape& target_shape, T* target) {
  for_each_row<1>(target_shape, {strides},
                  [&](const auto& offsets, const auto& steps, std::int64_t count) {
                    const T* from = source + offsets[0];
                    for (std::int64_t i = 0; i < count; ++i) *target++ = from[i * steps[0]];
                  });
}

}  // namespace headway
