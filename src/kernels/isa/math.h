#pragma once

#include "kernels/isa/simd.h"

// Elementary functions by argument reduction and polynomials. The coefficients interpolate at
// Chebyshev nodes of the reduced interval; unary_test.cpp measures the errors.

namespace headway {
namespace {

template <typename... Coefficients>
inline Vector polynomial(Vector x, float highest, Coefficients... lower) {
  Vector sum = splat(highest);
  ((sum = sum * x + splat(lower)), ...);
  return sum;
}

struct Reduced {
  Vector remainder;  ///< x - exponent · log 2, at most half of log 2 away from zero
  Vector exponent;   ///< an integer
};

inline Reduced reduce_exponent(Vector x) {
  const Vector bounded = at_most(at_least(x, splat(-104.5F)), splat(89.5F));
  const Vector exponent = round_to_even(bounded * splat(1.44269504F));
  // log 2 in two parts, the first with trailing zeros so that its multiples are exact.
  const Vector high = bounded - exponent * splat(0.693359375F);
  return {high + exponent * splat(2.12194440e-4F), exponent};
}

/// exp(r) - 1 for |r| up to half of log 2.
inline Vector expm1_reduced(Vector r) {
  return r + r * r *
                 polynomial(r, 0.000198909908F, 0.001393365F, 0.00833331093F, 0.0416664649F,
                            0.166666667F, 0.5F);
}

inline Vector exp(Vector x) {
  const Reduced reduced = reduce_exponent(x);
  return scale_by_power(splat(1.0F) + expm1_reduced(reduced.remainder), reduced.exponent);
}

/// 2^x for x up to a little more than 0.
inline Vector exp2_below_1(Vector x) {
  const Vector bounded = at_least(x, splat(-160.0F));
  const Vector exponent = round_to_even(bounded);
  const Vector power = polynomial(bounded - exponent, 0.000154614449F, 0.0013400428F,
                                  0.00961805694F, 0.0555032715F, 0.240226507F, 0.693147182F, 1.0F);
  return scale_by_power(power, exponent);
}

/// 2^n · (exp(r) - 1) + (2^n - 1), each part as accurate as the sum.
inline Vector expm1(Vector x) {
  const Reduced reduced = reduce_exponent(x);
  const Vector power = scale_by_power(splat(1.0F), reduced.exponent);
  return power * expm1_reduced(reduced.remainder) + (power - splat(1.0F));
}

inline Vector log(Vector x) {
  constexpr float kSmallestNormal = 1.17549435e-38F;
  const Bits subnormal = x < splat(kSmallestNormal);
  const Bits bits = to_bits(select(subnormal, x * splat(33554432.0F), x));
  // Subtracting sqrt(1/2) from the representation rounds the exponent at sqrt(2).
  const Bits rebased = bits - 0x3f3504f3;
  const Vector exponent = to_float(rebased >> 23) - select(subnormal, splat(25.0F), splat(0.0F));
  const Vector f = from_bits((rebased & 0x007fffff) + 0x3f3504f3) - splat(1.0F);
  const Vector series =
      f * f * f *
          polynomial(f, 0.0697161144F, -0.114797338F, 0.116854199F, -0.124256873F, 0.142490576F,
                     -0.166678023F, 0.200007157F, -0.24999997F, 0.333333312F) -
      splat(2.12194440e-4F) * exponent - splat(0.5F) * f * f;
  const Vector result = splat(0.693359375F) * exponent + (series + f);
  const Vector infinity = splat(__builtin_inff());
  const Vector at_zero = select(x == splat(0.0F), -infinity, splat(__builtin_nanf("")));
  return select((x > splat(0.0F)) & (x < infinity), result,
                select((x == infinity) | (x != x), x, at_zero));
}

/// log(1 + u) for u in [0, 1].
inline Vector log1p_of_fraction(Vector u) {
  const Vector sum = splat(1.0F) + u;
  return log(sum) + (u - (sum - splat(1.0F))) / sum;
}

/// m / (m + 2) with m = exp(2 x) - 1; beyond ±10 it rounds to ±1.
inline Vector tanh(Vector x) {
  const Vector bounded = at_most(at_least(x, splat(-10.0F)), splat(10.0F));
  const Vector m = expm1(bounded + bounded);
  return m / (m + splat(2.0F));
}

inline Vector sigmoid(Vector x) {
  return splat(1.0F) / (splat(1.0F) + exp(-x));
}

inline Vector erf(Vector x) {
  const Vector magnitude = at_most(abs(x), splat(4.0F));
  const Vector square = x * x;
  const Vector small =
      x + x * polynomial(square, 8.33471865e-05F, -0.000813470934F, 0.00520036859F, -0.0268591515F,
                         0.112836915F, -0.376126335F, 0.128379167F);
  const Vector log_complement =
      magnitude * polynomial(magnitude, 1.04606568e-06F, -3.43885088e-05F, 0.000498825008F,
                             -0.00430378931F, 0.0251395503F, -0.107855653F, -0.634148184F,
                             -1.1289028F);
  const Vector large = splat(1.0F) - exp(log_complement);
  return select(abs(x) < splat(0.93F), small, copy_sign(large, x));
}

inline Vector softplus(Vector x) {
  return at_least(x, splat(0.0F)) + log1p_of_fraction(exp(-abs(x)));
}

/// tanh(softplus(x)) = n / (n + 2) with n = e^x (e^x + 2).
inline Vector mish(Vector x) {
  const Vector e = exp(at_most(x, splat(20.0F)));
  const Vector n = e * (e + splat(2.0F));
  return x * (n / (n + splat(2.0F)));
}

/// x / 2 + |x| · (Φ(|x|) - 1/2) with the normal distribution Φ as a rational function.
inline Vector gelu(Vector x) {
  const Vector magnitude = abs(x);
  const Bits inside = magnitude < splat(5.4F);
  const Vector bounded = select(inside, magnitude, splat(0.0F));
  const Vector square = bounded * bounded;
  const Vector numerator = polynomial(square, 2.33867219e-08F, 6.36001414e-06F, 0.000164321478F,
                                      0.00465084985F, 0.0333722122F, 0.398942232F);
  const Vector denominator = polynomial(square, 1.21659025e-06F, 7.24000929e-05F, 0.00185898028F,
                                        0.0283786766F, 0.250317812F, 1.0F);
  const Vector excess = select(inside, bounded * numerator / denominator, splat(0.5F));
  return splat(0.5F) * x + magnitude * excess;
}

/// x / 2 · (1 + tanh(u)) = x / (1 + exp(-2 u)).
inline Vector gelu_tanh(Vector x) {
  const Vector u = x * (splat(0.797884561F) + splat(0.0356774081F) * x * x);
  return x * sigmoid(u + u);
}

inline Vector floor(Vector x) {
  const Vector rounded = round_to_even(x);
  return copy_sign(rounded - select(rounded > x, splat(1.0F), splat(0.0F)), x);
}

inline Vector ceil(Vector x) {
  return -floor(-x);
}

inline Vector sign(Vector x) {
  const Vector unit = copy_sign(splat(1.0F), x);
  return select((x == splat(0.0F)) | (x != x), x, unit);
}

}  // namespace
}  // namespace headway
