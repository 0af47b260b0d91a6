#pragma once

#include "kernels/depthwise/rows.h"
#include "kernels/isa/gemm_tile.h"
#include "kernels/pool/rows.h"

namespace headway {
namespace {

/// Vectors that one pass over the taps computes: enough independent sums to hide the latency.
constexpr int kRowVectors = 4;

template <int kVectors>
inline void depthwise_block(const DepthwiseRow& row, std::int64_t x, const Vector* sums_in,
                            Vector (&sums)[kVectors]) {
  for (int v = 0; v < kVectors; ++v) sums[v] = *sums_in;
  for (int tap = 0; tap < row.taps; ++tap) {
    const Vector weight = splat(row.weights[tap]);
    const float* from = row.rows[tap] + x;
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[v] += weight * load(from + v * kWidth);
  }
}

template <int kVectors>
inline void store_sums(const DepthwiseRow& row, std::int64_t x, int last_columns, bool clamps,
                       const Clamp& clamp, Vector (&sums)[kVectors]) {
  if (row.residual) {
    Vector residual[kVectors];
    load_row(row.residual + x, last_columns, residual);
    for (int v = 0; v < kVectors; ++v) sums[v] += residual[v];
  }
  if (clamps) {
    for (int v = 0; v < kVectors; ++v) sums[v] = clip(sums[v], clamp.low, clamp.high);
  }
  store_row(row.output + x, last_columns, sums);
}

void depthwise_row(const DepthwiseRow& row) noexcept {
  const bool clamps = is_clamp(row.activation.op);
  const Clamp clamp = clamp_of(row.activation);
  const Vector bias = splat(row.bias);
  std::int64_t x = 0;
  for (; x + kRowVectors * kWidth <= row.columns; x += kRowVectors * kWidth) {
    Vector sums[kRowVectors];
    depthwise_block(row, x, &bias, sums);
    store_sums(row, x, kWidth, clamps, clamp, sums);
  }
  for (; x < row.columns; x += kWidth) {
    Vector sums[1];
    depthwise_block(row, x, &bias, sums);
    store_sums(row, x, at_most_width(row.columns - x), clamps, clamp, sums);
  }
  if (!clamps) unary_loop(row.activation, row.columns, row.output, row.output);
}

void pool_row(const PoolRow& row) noexcept {
  for (std::int64_t x = 0; x < row.columns; x += kWidth) {
    Vector total = load(row.rows[0] + x);
    for (int tap = 1; tap < row.taps; ++tap) {
      const Vector next = load(row.rows[tap] + x);
      total = row.maximum ? max(total, next) : total + next;
    }
    const int there = at_most_width(row.columns - x);
    if (!row.maximum) total *= load_partial(row.factors + x, there);
    store_partial(row.output + x, total, there);
  }
}

}  // namespace
}  // namespace headway
