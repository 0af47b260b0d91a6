#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace headway {

/// C[m,n] += A[m,k] · B[k,n], row-major with the given row strides. The one matrix product behind
/// all reference kernels: T is double, or an unsigned integer that wraps around. Each sum runs over
/// k in order; four by four sums are kept in registers.
template <typename T>
void multiply_add(std::int64_t m, std::int64_t n, std::int64_t k, const T* a, std::int64_t a_stride,
                  const T* b, std::int64_t b_stride, T* c, std::int64_t c_stride) {
  constexpr std::int64_t kTile = 4;
  std::vector<T> panel(static_cast<std::size_t>(k * kTile));
  for (std::int64_t j0 = 0; j0 < n; j0 += kTile) {
    const std::int64_t width = std::min(kTile, n - j0);
    for (std::int64_t p = 0; p < k; ++p) {
      std::copy_n(b + p * b_stride + j0, width, panel.data() + p * kTile);
    }
    for (std::int64_t i0 = 0; i0 < m; i0 += kTile) {
      const std::int64_t height = std::min(kTile, m - i0);
      const T* rows[kTile];
      for (std::int64_t i = 0; i < kTile; ++i)
        rows[i] = a + (i0 + std::min(i, height - 1)) * a_stride;
      T sums[kTile][kTile] = {};
      for (std::int64_t p = 0; p < k; ++p) {
        const T* column = panel.data() + p * kTile;
        for (std::int64_t i = 0; i < kTile; ++i) {
          for (std::int64_t j = 0; j < kTile; ++j) sums[i][j] += rows[i][p] * column[j];
        }
      }
      for (std::int64_t i = 0; i < height; ++i) {
        for (std::int64_t j = 0; j < width; ++j) c[(i0 + i) * c_stride + j0 + j] += sums[i][j];
      }
    }
  }
}

}  // namespace headway
