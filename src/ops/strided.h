#pragma once

#include <array>
#include <type_traits>

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

/// What for_each_row tells about one innermost row: its i-th element lies at
/// offsets[k] + i * steps[k] of array k.
template <std::size_t N>
using RowVisitor = void (*)(void* context, const std::array<std::int64_t, N>& offsets,
                            const std::array<std::int64_t, N>& steps, std::int64_t count);

/// The loop nest of for_each_row, compiled once for each N (1, 2 and 3) rather than for each body.
template <std::size_t N>
void walk_rows(const Shape& shape, const std::array<Shape, N>& strides, RowVisitor<N> visit,
               void* context);

/// Visits all positions of `shape` in row-major order, one innermost row at a time, while N arrays
/// with the given strides are followed: `row(offsets, steps, count)` (see RowVisitor).
template <std::size_t N, typename Row>
void for_each_row(const Shape& shape, const std::array<Shape, N>& strides, Row&& row) {
  using Visitor = std::remove_reference_t<Row>;
  walk_rows<N>(
      shape, strides,
      [](void* context, const auto& offsets, const auto& steps, std::int64_t count) {
        (*static_cast<Visitor*>(context))(offsets, steps, count);
      },
      &row);
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
