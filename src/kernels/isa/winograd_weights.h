#pragma once

#include "kernels/isa/winograd_points.h"
#include "kernels/winograd/transforms.h"

namespace headway {
namespace {

constexpr int kHalf = kWidth / 2;
using DoubleHalf = double __attribute__((vector_size(kHalf * sizeof(double))));
using FloatHalf = float __attribute__((vector_size(kHalf * sizeof(float))));

inline DoubleHalf load_half(const float* p) {
  FloatHalf v;
  __builtin_memcpy(&v, p, sizeof v);
  return __builtin_convertvector(v, DoubleHalf);
}

inline void store_half(float* p, DoubleHalf v) {
  const FloatHalf rounded = __builtin_convertvector(v, FloatHalf);
  __builtin_memcpy(p, &rounded, sizeof rounded);
}

/// Gg
template <int kTile>
inline void winograd_weights(const DoubleHalf (&g)[3], DoubleHalf (&t)[kTile + 2]) {
  using Points = WinogradPoints<kTile>;
  t[0] = g[0] * (1 / Points::kAll.c[0]);
  t[Points::kInfinity] = g[2];
#pragma GCC unroll 3
  for (int pair = 0; pair < Points::kPairs; ++pair) {
    const double p = Points::kPair[pair];
    const double scale = 1 / Points::norm(pair);
    const DoubleHalf even = g[0] * scale + g[2] * (scale * p * p);
    const DoubleHalf odd = g[1] * (scale * p);
    t[Points::position(pair)] = even + odd;
    t[Points::position(pair) + 1] = even - odd;
  }
}

/// GgGᵀ in double, for half a vector of output channels.
template <int kTile>
inline void winograd_weights_of_channel(const float* taps, float* transformed,
                                        std::int64_t stride) {
  constexpr int n = kTile + 2;
  DoubleHalf rows[3][n];
#pragma GCC unroll 3
  for (int y = 0; y < 3; ++y) {
    DoubleHalf g[3];
#pragma GCC unroll 3
    for (int x = 0; x < 3; ++x) g[x] = load_half(taps + (y * 3 + x) * kWidth);
    winograd_weights<kTile>(g, rows[y]);
  }
#pragma GCC unroll 8
  for (int x = 0; x < n; ++x) {
    const DoubleHalf column[3] = {rows[0][x], rows[1][x], rows[2][x]};
    DoubleHalf t[n];
    winograd_weights<kTile>(column, t);
#pragma GCC unroll 8
    for (int y = 0; y < n; ++y) store_half(transformed + (y * n + x) * stride, t[y]);
  }
}

/// Gg in double, for half a vector of output channels.
template <int kTile>
inline void winograd_half_weights_of_channel(const float* taps, float* transformed,
                                             std::int64_t stride) {
  for (int x = 0; x < 3; ++x) {
    const DoubleHalf g[3] = {load_half(taps + x * kWidth), load_half(taps + (3 + x) * kWidth),
                             load_half(taps + (6 + x) * kWidth)};
    DoubleHalf t[kTile + 2];
    winograd_weights<kTile>(g, t);
    for (int y = 0; y < kTile + 2; ++y) store_half(transformed + (y * 3 + x) * stride, t[y]);
  }
}

template <int kTile>
void winograd_transform_weights(const WinogradWeights& weights) noexcept {
  for (std::int64_t c = 0; c < weights.channels; ++c) {
    const float* taps = weights.taps + c * 9 * kWidth;
    float* transformed = weights.transformed + c * weights.channel_stride;
    for (const int lane : {0, kHalf}) {
      const auto transform = weights.half ? winograd_half_weights_of_channel<kTile>
                                          : winograd_weights_of_channel<kTile>;
      transform(taps + lane, transformed + lane, weights.frequency_stride);
    }
  }
}

void winograd_weight_transform(int tile, const WinogradWeights& weights) noexcept {
  if (tile == 2) return winograd_transform_weights<2>(weights);
  if (tile == 4) return winograd_transform_weights<4>(weights);
  winograd_transform_weights<6>(weights);
}

}  // namespace
}  // namespace headway
