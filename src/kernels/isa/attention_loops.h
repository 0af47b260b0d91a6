#pragma once

#include "kernels/isa/math.h"

namespace headway {
namespace {

void scale_add(std::int64_t n, const float* input, float scale, const float* addend, int step,
               float* output) noexcept {
  const Vector same = splat(step == 0 ? *addend : 0);
  std::int64_t i = 0;
  for (; i + kWidth <= n; i += kWidth) {
    store(output + i, load(input + i) * scale + (step == 0 ? same : load(addend + i)));
  }
  if (i == n) return;
  const int there = at_most_width(n - i);
  const Vector added = step == 0 ? same : load_partial(addend + i, there);
  store_partial(output + i, load_partial(input + i, there) * scale + added, there);
}

/// output = exp(input * scale - shift); returns the sum.
float exp_sum_row(std::int64_t n, float scale, float shift, const float* input,
                  float* output) noexcept {
  const Vector offset = splat(shift);
  Vector sums[2] = {};
  std::int64_t i = 0;
  for (; i + 2 * kWidth <= n; i += 2 * kWidth) {
    for (int v = 0; v < 2; ++v) {
      const Vector weight = exp(load(input + i + v * kWidth) * scale - offset);
      store(output + i + v * kWidth, weight);
      sums[v] += weight;
    }
  }
  for (; i < n; i += kWidth) {
    const int there = at_most_width(n - i);
    const Vector weight = exp(load_partial(input + i, there) * scale - offset);
    store_partial(output + i, weight, there);
    sums[0] += select(iota() < splat_bits(there), weight, Vector{});
  }
  const Vector sum = sums[0] + sums[1];
  float total = 0;
  for (int lane = 0; lane < kWidth; ++lane) total += sum[lane];
  return total;
}

}  // namespace
}  // namespace headway
