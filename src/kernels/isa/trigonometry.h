#pragma once

#include "kernels/isa/math.h"

namespace headway {
namespace {

/// Beyond it multiples of π/2 are no longer exact (and arguments that large are rare).
constexpr float kLargestAngle = 8192.0F;

/// sin(x + quarter_turns · π/2) for |x| up to kLargestAngle.
inline Vector sine_of_small(Vector x, std::int32_t quarter_turns) {
  const Vector turns = round_to_even(x * splat(0.636619772F));
  // π/2 in four parts, all but the last so short that their multiples are exact.
  Vector r = x - turns * splat(1.5703125F);
  r = r - turns * splat(0.0004837512969970703F);
  r = r - turns * splat(7.549533620476723e-08F);
  r = r - turns * splat(2.5633440682570896e-12F);
  const Vector square = r * r;
  const Vector sine =
      r + r * square * polynomial(square, -1.9515295891e-4F, 8.3321608736e-3F, -1.6666654611e-1F);
  const Vector cosine =
      splat(1.0F) - splat(0.5F) * square +
      square * square *
          polynomial(square, 2.443315711809948e-5F, -1.388731625493765e-3F, 4.166664568298827e-2F);
  const Bits quadrant = to_int(turns) + quarter_turns;
  const Vector value = select((quadrant & 1) != 0, cosine, sine);
  return from_bits(to_bits(value) ^ ((quadrant & 2) << 30));
}

/// `exact`: what libm has for the arguments that are too large.
template <typename Exact>
inline Vector sine(Vector x, std::int32_t quarter_turns, Exact exact) {
  const Bits small = abs(x) <= splat(kLargestAngle);
  Vector result = sine_of_small(select(small, x, Vector{}), quarter_turns);
  std::int32_t all = -1;
  for (int i = 0; i < kWidth; ++i) all &= small[i];
  if (all != 0) return result;
  for (int i = 0; i < kWidth; ++i) {
    if (small[i] == 0) result[i] = exact(x[i]);
  }
  return result;
}

inline Vector sin(Vector x) {
  const Vector result = sine(x, 0, [](float angle) { return __builtin_sinf(angle); });
  return select(x == splat(0.0F), x, result);
}

inline Vector cos(Vector x) {
  return sine(x, 1, [](float angle) { return __builtin_cosf(angle); });
}

/// The inverse functions reduce their argument as Moshier's Cephes does.
inline Vector atan(Vector x) {
  const Vector magnitude = abs(x), one = splat(1.0F);
  const Bits large = magnitude > splat(2.414213562F), middle = magnitude > splat(0.4142135624F);
  const Vector numerator = select(large, -one, select(middle, magnitude - one, magnitude));
  const Vector denominator = select(large, magnitude, select(middle, magnitude + one, one));
  const Vector r = numerator / denominator;
  const Vector base =
      select(large, splat(1.57079633F), select(middle, splat(0.785398163F), Vector{}));
  const Vector square = r * r;
  const Vector series = r + r * square *
                                polynomial(square, 8.05374449538e-2F, -1.38776856032e-1F,
                                           1.99777106478e-1F, -3.33329491539e-1F);
  return select(x != x, x, copy_sign(base + series, x));
}

/// asin(x) = x + x · asin_series(x²) for |x| up to 1/2.
inline Vector asin_series(Vector square) {
  return square * polynomial(square, 4.2163199048e-2F, 2.4181311049e-2F, 4.5470025998e-2F,
                             7.4953002686e-2F, 1.6666752422e-1F);
}

inline Vector asin(Vector x) {
  const Vector magnitude = abs(x);
  const Bits large = magnitude > splat(0.5F);
  const Vector square = select(large, splat(0.5F) - splat(0.5F) * magnitude, magnitude * magnitude);
  const Vector root = select(large, square_root(square), magnitude);
  const Vector inner = root + root * asin_series(square);
  const Vector result = select(large, splat(1.57079633F) - (inner + inner), inner);
  return select(x != x, x, copy_sign(result, x));
}

inline Vector acos(Vector x) {
  const Vector magnitude = abs(x);
  const Bits large = magnitude > splat(0.5F);
  const Vector square = select(large, splat(0.5F) - splat(0.5F) * magnitude, magnitude * magnitude);
  const Vector root = select(large, square_root(square), magnitude);
  const Vector inner = root + root * asin_series(square);
  const Bits negative = x < Vector{};
  const Vector twice = inner + inner;
  const Vector far = select(negative, splat(3.14159265F) - twice, twice);
  const Vector near = splat(1.57079633F) - copy_sign(inner, x);
  return select(x != x, x, select(large, far, near));
}

}  // namespace
}  // namespace headway
