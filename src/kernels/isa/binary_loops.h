#pragma once

#include "kernels/elementwise/function.h"
#include "kernels/elementwise/pixels.h"
#include "kernels/isa/transpose_loops.h"

namespace headway {
namespace {

inline Vector operand(const float* p, int step, std::int64_t i, int there) {
  if (step == 0) return splat(*p);
  return there == kWidth ? load(p + i) : load_partial(p + i, there);
}

template <typename Function>
inline void for_each_pair(std::int64_t size, const float* a, int a_step, const float* b, int b_step,
                          float* output, Function function) {
  std::int64_t i = 0;
  if (a_step == 1 && b_step == 1) {
    for (; i + kWidth <= size; i += kWidth) {
      store(output + i, function(load(a + i), load(b + i)));
    }
  } else if (b_step == 0 && a_step == 1) {
    const Vector same = splat(*b);
    for (; i + kWidth <= size; i += kWidth) store(output + i, function(load(a + i), same));
  }
  for (; i < size; i += kWidth) {
    const int there = at_most_width(size - i);
    const Vector result = function(operand(a, a_step, i, there), operand(b, b_step, i, there));
    store_partial(output + i, result, there);
  }
}

/// libm decides the many special cases; `**2` is the only hot exponent in practice.
void power_loop(std::int64_t n, const float* a, int a_step, const float* b, int b_step,
                float* out) {
  if (b_step == 0 && *b == 2.0F) {
    return for_each_pair(n, a, a_step, b, b_step, out, [](Vector x, Vector) { return x * x; });
  }
  for (std::int64_t i = 0; i < n; ++i) out[i] = __builtin_powf(a[i * a_step], b[i * b_step]);
}

void binary_loop(BinaryOp op, std::int64_t n, const float* a, int a_step, const float* b,
                 int b_step, float* out) noexcept {
  const auto loop = [&](auto function) { for_each_pair(n, a, a_step, b, b_step, out, function); };
  switch (op) {
    case BinaryOp::kAdd:
      return loop([](Vector x, Vector y) { return x + y; });
    case BinaryOp::kSub:
      return loop([](Vector x, Vector y) { return x - y; });
    case BinaryOp::kMul:
      return loop([](Vector x, Vector y) { return x * y; });
    case BinaryOp::kDiv:
      return loop([](Vector x, Vector y) { return x / y; });
    case BinaryOp::kMin:
      return loop([](Vector x, Vector y) { return min(x, y); });
    case BinaryOp::kMax:
      return loop([](Vector x, Vector y) { return max(x, y); });
    case BinaryOp::kPow:
      return power_loop(n, a, a_step, b, b_step, out);
  }
}

void scale_shift_loop(std::int64_t n, const float* in, float scale, float shift,
                      float* out) noexcept {
  const Vector factor = splat(scale);
  const Vector offset = splat(shift);
  for_each(n, in, out, [&](Vector x) { return x * factor + offset; });
}

void scale_shift_pixels(const ScaledPixels& pixels) noexcept {
  const Vector scale = load(pixels.scale);
  const Vector shift = pixels.shift ? load(pixels.shift) : Vector{};
  const std::int64_t n = pixels.count * kWidth;
  if (pixels.relu) {
    for_each(n, pixels.input, pixels.output,
             [&](Vector x) { return max(x * scale + shift, Vector{}); });
  } else {
    for_each(n, pixels.input, pixels.output, [&](Vector x) { return x * scale + shift; });
  }
}

}  // namespace
}  // namespace headway
