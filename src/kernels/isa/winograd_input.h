#pragma once

#include "kernels/isa/winograd_points.h"
#include "kernels/winograd/transforms.h"

namespace headway {
namespace {

/// Σ c[i] d[2i] with a highest coefficient of 1.
template <int kDegree>
inline Vector polynomial_of(const double* c, const Vector* d) {
  Vector sum = d[2 * kDegree];
#pragma GCC unroll 3
  for (int i = kDegree - 1; i >= 0; --i) sum += static_cast<float>(c[i]) * d[2 * i];
  return sum;
}

/// Bᵀd
template <int kTile>
inline void winograd_input(const Vector (&d)[kTile + 2], Vector (&t)[kTile + 2]) {
  using Points = WinogradPoints<kTile>;
  constexpr int n = Points::kPairs;
#pragma GCC unroll 3
  for (int pair = 0; pair < n; ++pair) {
    const Vector even = polynomial_of<n - 1>(Points::kOthers[pair].c, d + 2);
    const Vector odd = polynomial_of<n - 1>(Points::kOthers[pair].c, d + 1);
    const float p = static_cast<float>(Points::kPair[pair]);
    t[Points::position(pair)] = even + p * odd;
    t[Points::position(pair) + 1] = even - p * odd;
    // Π (u - q²) over all pairs is what one pair shares, times its own (u - p²).
    if (pair == Points::kCheapest) {
      const float square = p * p;
      t[0] = even - square * polynomial_of<n - 1>(Points::kOthers[pair].c, d);
      t[Points::kInfinity] = polynomial_of<n - 1>(Points::kOthers[pair].c, d + 3) - square * odd;
    }
  }
}

/// Columns kFirst … of BᵀdB.
template <int kTile, int kFirst, int kCount>
inline void winograd_input_columns(const float* patch, std::int64_t line, float* transformed,
                                   std::int64_t stride) {
  constexpr int n = kTile + 2;
  Vector columns[kCount][n];
#pragma GCC unroll 8
  for (int y = 0; y < n; ++y) {
    Vector d[n], t[n];
#pragma GCC unroll 8
    for (int x = 0; x < n; ++x) d[x] = load(patch + x * kWidth);
    advance(patch, line);
    winograd_input<kTile>(d, t);
#pragma GCC unroll 4
    for (int i = 0; i < kCount; ++i) columns[i][y] = t[kFirst + i];
  }
#pragma GCC unroll 4
  for (int i = 0; i < kCount; ++i) {
    Vector t[n];
    winograd_input<kTile>(columns[i], t);
    float* column = transformed + (kFirst + i) * stride;
#pragma GCC unroll 8
    for (int y = 0; y < n; ++y) {
      store(column, t[y]);
      advance(column, n * stride);
    }
  }
}

/// BᵀdB, some columns at a time: as many as the registers hold.
template <int kTile>
[[gnu::noinline]] void winograd_input_tile(const float* patch, std::int64_t line,
                                           float* transformed, std::int64_t stride) {
  if constexpr (kTile == 2) {
    winograd_input_columns<2, 0, 4>(patch, line, transformed, stride);
  } else {
    winograd_input_columns<kTile, 0, 3>(patch, line, transformed, stride);
    winograd_input_columns<kTile, 3, 3>(patch, line, transformed, stride);
    if constexpr (kTile == 6) winograd_input_columns<6, 6, 2>(patch, line, transformed, stride);
  }
}

/// The pixels of a tile that hangs over the image's edge, with zeros around them.
template <int kExtent>
inline void copy_patch(const WinogradInputLine& line, std::int64_t left, float* patch) {
  for (int i = 0; i < kExtent; ++i) {
    const std::int64_t y = line.y + i;
    const float* row = line.image + (y * line.width + left) * kWidth;
    for (int j = 0; j < kExtent; ++j) {
      const std::int64_t x = left + j;
      const bool inside = y >= 0 && y < line.height && x >= 0 && x < line.width;
      store(patch + (i * kExtent + j) * kWidth, inside ? load(row + j * kWidth) : Vector{});
    }
  }
}

template <int kTile>
void winograd_input_line(const WinogradInputLine& line) noexcept {
  constexpr int n = kTile + 2;
  alignas(64) float patch[n * n * kWidth];
  const bool y_inside = line.y >= 0 && line.y + n <= line.height;
  const std::int64_t width = line.width, stride = line.frequency_stride, tiles = line.tiles;
  const float* first = line.image + (line.y * width + line.x) * kWidth;
  float* transformed = line.transformed;
  for (std::int64_t i = 0; i < tiles; ++i, transformed += kWidth) {
    const std::int64_t x = line.x + i * kTile;
    if (y_inside && x >= 0 && x + n <= width) {
      winograd_input_tile<kTile>(first + i * kTile * kWidth, width * kWidth, transformed, stride);
    } else {
      copy_patch<n>(line, x, patch);
      winograd_input_tile<kTile>(patch, n * kWidth, transformed, stride);
    }
  }
}

void winograd_input_transform(int tile, const WinogradInputLine& line) noexcept {
  if (tile == 2) return winograd_input_line<2>(line);
  if (tile == 4) return winograd_input_line<4>(line);
  winograd_input_line<6>(line);
}

}  // namespace
}  // namespace headway
