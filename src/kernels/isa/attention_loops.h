#pragma once

#include "kernels/attention/row.h"
#include "kernels/isa/reduce_loops.h"

namespace headway {
namespace {

/// output = exp(input - shift); returns the sum.
float exp_sum_row(std::int64_t n, float shift, const float* input, float* output) noexcept {
  const Vector offset = splat(shift);
  Vector sums[2] = {};
  std::int64_t i = 0;
  for (; i + 2 * kWidth <= n; i += 2 * kWidth) {
    for (int v = 0; v < 2; ++v) {
      const Vector weight = exp(load(input + i + v * kWidth) - offset);
      store(output + i + v * kWidth, weight);
      sums[v] += weight;
    }
  }
  for (; i < n; i += kWidth) {
    const int there = at_most_width(n - i);
    const Vector weight = exp(load_partial(input + i, there) - offset);
    store_partial(output + i, weight, there);
    sums[0] += select(iota() < splat_bits(there), weight, Vector{});
  }
  return rotate_and_merge<AddStep>(sums[0] + sums[1])[0];
}

/// at_least, of which a NaN is forgotten: sums remember it.
struct GreatestStep {
  static constexpr float kStart = -__builtin_inff();
  static Vector combine(Vector total, Vector x) { return at_least(x, total); }
};
inline Vector merge(GreatestStep, Vector a, Vector b) {
  return at_least(a, b);
}

/// Scales, caps and masks the scores; returns the greatest.
inline float finish_scores(const AttentionRow& row) {
  const Vector scale = splat(row.scale), cap = splat(row.softcap);
  Vector greatest = splat(GreatestStep::kStart);
  for (std::int64_t i = 0; i < row.keys; i += kWidth) {
    const int there = at_most_width(row.keys - i);
    Vector score = load_partial(row.scores + i, there) * scale;
    if (row.softcap > 0) score = cap * tanh(score / cap);
    if (row.mask) {
      score += row.mask_step == 0 ? splat(*row.mask) : load_partial(row.mask + i, there);
    }
    store_partial(row.scores + i, score, there);
    greatest = select(iota() < splat_bits(there), at_least(score, greatest), greatest);
  }
  return rotate_and_merge<GreatestStep>(greatest)[0];
}

/// scores = 2^(scores · factor - shift), zeros beyond them; returns the sum.
inline float exp2_sum(const AttentionRow& row, float factor, float shift) {
  const Vector scale = splat(factor), offset = splat(shift);
  Vector sums[2] = {};
  std::int64_t i = 0;
  for (; i + 2 * kWidth <= row.keys; i += 2 * kWidth) {
    for (int v = 0; v < 2; ++v) {
      float* scores = row.scores + i + v * kWidth;
      const Vector weight = exp2_below_1(load(scores) * scale - offset);
      store(scores, weight);
      sums[v] += weight;
    }
  }
  for (; i < row.padded; i += kWidth) {
    const int there = at_most_width(row.padded - i);
    const Bits seen = iota() < splat_bits(static_cast<std::int32_t>(row.keys - i));
    const Vector score = load_partial(row.scores + i, there);
    const Vector weight = select(seen, exp2_below_1(score * scale - offset), Vector{});
    store_partial(row.scores + i, weight, there);
    sums[0] += weight;
  }
  return rotate_and_merge<AddStep>(sums[0] + sums[1])[0];
}

/// Powers of two spare the reduction of the argument a multiplication, and take the scale along.
float attention_weights(AttentionRow& row) noexcept {
  constexpr float kLog2E = 1.44269504F;
  const bool plain = row.mask == nullptr && row.softcap <= 0 && row.scale >= 0;
  const float greatest =
      plain ? reduce_with<GreatestStep>(row.keys, row.scores) : finish_scores(row);
  const float factor = plain ? row.scale * kLog2E : kLog2E;
  const float before = row.largest, bound = greatest * factor;
  row.largest = bound > before ? bound : before;
  // All masked: no weight at all.
  const float shift = row.largest == -__builtin_inff() ? 0.0F : row.largest;
  const float sum = exp2_sum(row, factor, shift);
  const float shrink = before == row.largest ? 1.0F : exp2_below_1(splat(before - shift))[0];
  row.total = row.total * shrink + sum;
  return shrink;
}

void scale_rows(const ScaledRows& rows) noexcept {
  for (std::int64_t row = 0; row < rows.rows; ++row) {
    const Vector factor = splat(rows.factors[row]);
    const float* from = rows.input + row * rows.input_stride;
    float* to = rows.output + row * rows.output_stride;
    std::int64_t i = 0;
    for (; i + kWidth <= rows.columns; i += kWidth) store(to + i, load(from + i) * factor);
    const int rest = static_cast<int>(rows.columns - i);
    if (rest > 0) store_partial(to + i, load_partial(from + i, rest) * factor, rest);
  }
}

}  // namespace
}  // namespace headway
