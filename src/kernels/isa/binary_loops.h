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

/// libm decides the many special cases; small whole exponents are the only hot ones in practice.
void power_loop(std::int64_t n, const float* a, int a_step, const float* b, int b_step,
                float* out) {
  if (b_step == 0 && *b == 2.0F) {
    return for_each_pair(n, a, a_step, b, b_step, out, [](Vector x, Vector) { return x * x; });
  }
  if (b_step == 0 && *b == 3.0F) {
    return for_each_pair(n, a, a_step, b, b_step, out, [](Vector x, Vector) { return x * x * x; });
  }
  for (std::int64_t i = 0; i < n; ++i) out[i] = __builtin_powf(a[i * a_step], b[i * b_step]);
}

/// Calls body with the function of two vectors; kPow has none.
template <typename Body>
inline void with_function(BinaryOp op, Body body) {
  switch (op) {
    case BinaryOp::kAdd:
      return body([](Vector x, Vector y) { return x + y; });
    case BinaryOp::kSub:
      return body([](Vector x, Vector y) { return x - y; });
    case BinaryOp::kMul:
      return body([](Vector x, Vector y) { return x * y; });
    case BinaryOp::kDiv:
      return body([](Vector x, Vector y) { return x / y; });
    case BinaryOp::kMin:
      return body([](Vector x, Vector y) { return min(x, y); });
    case BinaryOp::kMax:
      return body([](Vector x, Vector y) { return max(x, y); });
    case BinaryOp::kPow:
      return;
  }
}

void binary_loop(BinaryOp op, std::int64_t n, const float* a, int a_step, const float* b,
                 int b_step, float* out) noexcept {
  if (op == BinaryOp::kPow) return power_loop(n, a, a_step, b, b_step, out);
  with_function(op, [&](auto function) { for_each_pair(n, a, a_step, b, b_step, out, function); });
}

template <typename Function>
inline void for_each_repeated(std::int64_t rows, std::int64_t columns, const float* dense,
                              const float* repeated, float* output, Function function) {
  const Vector first = load(repeated);
  for (; rows > 0; --rows) {
    store(output, function(load(dense), first));
    for (std::int64_t i = kWidth; i < columns; i += kWidth) {
      store(output + i, function(load(dense + i), load(repeated + i)));
    }
    dense += columns;
    output += columns;
  }
}

void binary_repeated(BinaryOp op, std::int64_t rows, std::int64_t columns, const float* dense,
                     const float* repeated, bool swapped, float* out) noexcept {
  for (std::int64_t row = 0; op == BinaryOp::kPow && row < rows; ++row) {
    const float* at = dense + row * columns;
    power_loop(columns, swapped ? repeated : at, 1, swapped ? at : repeated, 1,
               out + row * columns);
  }
  with_function(op, [&](auto function) {
    if (!swapped) return for_each_repeated(rows, columns, dense, repeated, out, function);
    for_each_repeated(rows, columns, dense, repeated, out,
                      [&](Vector x, Vector y) { return function(y, x); });
  });
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
             [&](Vector x) { return at_least(x * scale + shift, Vector{}); });
  } else {
    for_each(n, pixels.input, pixels.output, [&](Vector x) { return x * scale + shift; });
  }
}

}  // namespace
}  // namespace headway
