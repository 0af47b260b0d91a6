#pragma once

#include "kernels/isa/reduce_loops.h"

namespace headway {
namespace {

void softmax_row(bool logarithm, std::int64_t size, const float* in, float* out) noexcept {
  const Vector largest = splat(reduce_with<MaxStep>(size, in));
  Vector total = splat(0.0F);
  for (std::int64_t i = 0; i < size; i += kWidth) {
    const int there = at_most_width(size - i);
    const Vector shifted = load_partial(in + i, there) - largest;
    const Vector power = exp(shifted);
    total += select(iota() < splat_bits(there), power, splat(0.0F));
    store_partial(out + i, logarithm ? shifted : power, there);
  }
  const Vector sum = rotate_and_merge<AddStep>(total);
  if (logarithm) {
    const Vector log_sum = log(sum);
    return for_each(size, out, out, [&](Vector x) { return x - log_sum; });
  }
  const Vector factor = splat(1.0F) / sum;
  for_each(size, out, out, [&](Vector x) { return x * factor; });
}

void layer_norm_row(std::int64_t size, const float* in, const float* scale, const float* bias,
                    float epsilon, float* out) noexcept {
  const float count = static_cast<float>(size);
  const Vector mean = splat(reduce_with<AddStep>(size, in) / count);
  Vector squares = splat(0.0F);
  for (std::int64_t i = 0; i < size; i += kWidth) {
    const int there = at_most_width(size - i);
    const Vector deviation = load_partial(in + i, there) - mean;
    squares += select(iota() < splat_bits(there), deviation * deviation, splat(0.0F));
  }
  const Vector variance = rotate_and_merge<AddStep>(squares) / splat(count);
  const Vector factor = splat(1.0F) / square_root(variance + splat(epsilon));
  for (std::int64_t i = 0; i < size; i += kWidth) {
    const int there = at_most_width(size - i);
    Vector result = (load_partial(in + i, there) - mean) * factor * load_partial(scale + i, there);
    if (bias) result += load_partial(bias + i, there);
    store_partial(out + i, result, there);
  }
}

}  // namespace
}  // namespace headway
