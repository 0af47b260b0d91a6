#pragma once

#include "kernels/elementwise/function.h"
#include "kernels/isa/trigonometry.h"

namespace headway {
namespace {

template <typename Function>
inline void for_each(std::int64_t size, const float* input, float* output, Function function) {
  std::int64_t i = 0;
  for (; i + kWidth <= size; i += kWidth) store(output + i, function(load(input + i)));
  const int rest = static_cast<int>(size - i);
  if (rest > 0) store_partial(output + i, function(load_partial(input + i, rest)), rest);
}

inline Vector clip(Vector x, Vector low, Vector high) {
  return at_most(at_least(x, low), high);
}

inline Vector negative_part(Vector x, Vector if_negative) {
  return select(x < splat(0.0F), if_negative, x);
}

void unary_loop(Unary function, std::int64_t n, const float* in, float* out) noexcept {
  const Vector alpha = splat(function.alpha);
  const Vector beta = splat(function.beta);
  const Vector zero = splat(0.0F);
  const Vector one = splat(1.0F);
  switch (function.op) {
    case UnaryOp::kIdentity:
      if (in != out) for_each(n, in, out, [](Vector x) { return x; });
      return;
    case UnaryOp::kRelu:
      return for_each(n, in, out, [&](Vector x) { return at_least(x, zero); });
    case UnaryOp::kClip:
      return for_each(n, in, out, [&](Vector x) { return clip(x, alpha, beta); });
    case UnaryOp::kLeakyRelu:
      return for_each(n, in, out, [&](Vector x) { return negative_part(x, alpha * x); });
    case UnaryOp::kElu:
      return for_each(n, in, out, [&](Vector x) { return negative_part(x, alpha * expm1(x)); });
    case UnaryOp::kSelu:
      return for_each(n, in, out,
                      [&](Vector x) { return beta * negative_part(x, alpha * expm1(x)); });
    case UnaryOp::kSigmoid:
      return for_each(n, in, out, [](Vector x) { return sigmoid(x); });
    case UnaryOp::kHardSigmoid:
      return for_each(n, in, out, [&](Vector x) { return clip(alpha * x + beta, zero, one); });
    case UnaryOp::kHardSwish:
      return for_each(n, in, out, [&](Vector x) {
        return x * clip(x * splat(1.0F / 6.0F) + splat(0.5F), zero, one);
      });
    case UnaryOp::kSilu:
      return for_each(n, in, out, [](Vector x) { return x * sigmoid(x); });
    case UnaryOp::kTanh:
      return for_each(n, in, out, [](Vector x) { return tanh(x); });
    case UnaryOp::kGelu:
      return for_each(n, in, out, [](Vector x) { return gelu(x); });
    case UnaryOp::kGeluTanh:
      return for_each(n, in, out, [](Vector x) { return gelu_tanh(x); });
    case UnaryOp::kSoftplus:
      return for_each(n, in, out, [](Vector x) { return softplus(x); });
    case UnaryOp::kSoftsign:
      return for_each(n, in, out, [&](Vector x) { return x / (one + abs(x)); });
    case UnaryOp::kMish:
      return for_each(n, in, out, [](Vector x) { return mish(x); });
    case UnaryOp::kExp:
      return for_each(n, in, out, [](Vector x) { return exp(x); });
    case UnaryOp::kLog:
      return for_each(n, in, out, [](Vector x) { return log(x); });
    case UnaryOp::kSqrt:
      return for_each(n, in, out, [](Vector x) { return square_root(x); });
    case UnaryOp::kReciprocal:
      return for_each(n, in, out, [&](Vector x) { return one / x; });
    case UnaryOp::kErf:
      return for_each(n, in, out, [](Vector x) { return erf(x); });
    case UnaryOp::kAbs:
      return for_each(n, in, out, [](Vector x) { return abs(x); });
    case UnaryOp::kNeg:
      return for_each(n, in, out, [](Vector x) { return -x; });
    case UnaryOp::kFloor:
      return for_each(n, in, out, [](Vector x) { return floor(x); });
    case UnaryOp::kCeil:
      return for_each(n, in, out, [](Vector x) { return ceil(x); });
    case UnaryOp::kRound:
      return for_each(n, in, out, [](Vector x) { return round_to_even(x); });
    case UnaryOp::kSign:
      return for_each(n, in, out, [](Vector x) { return sign(x); });
    case UnaryOp::kSquare:
      return for_each(n, in, out, [](Vector x) { return x * x; });
    case UnaryOp::kLinear:
      return for_each(n, in, out, [&](Vector x) { return alpha * x + beta; });
    case UnaryOp::kSin:
      return for_each(n, in, out, [](Vector x) { return sin(x); });
    case UnaryOp::kCos:
      return for_each(n, in, out, [](Vector x) { return cos(x); });
    case UnaryOp::kAsin:
      return for_each(n, in, out, [](Vector x) { return asin(x); });
    case UnaryOp::kAcos:
      return for_each(n, in, out, [](Vector x) { return acos(x); });
    case UnaryOp::kAtan:
      return for_each(n, in, out, [](Vector x) { return atan(x); });
    case UnaryOp::kCelu:
      return for_each(n, in, out,
                      [&](Vector x) { return negative_part(x, alpha * expm1(beta * x)); });
    case UnaryOp::kSwish:
      return for_each(n, in, out, [&](Vector x) { return x * sigmoid(alpha * x); });
    case UnaryOp::kThresholdedRelu:
      return for_each(n, in, out, [&](Vector x) { return select(x > alpha, x, zero); });
    case UnaryOp::kShrink:
      return for_each(n, in, out, [&](Vector x) {
        return select(x < -alpha, x + beta, select(x > alpha, x - beta, zero));
      });
  }
}

}  // namespace
}  // namespace headway
