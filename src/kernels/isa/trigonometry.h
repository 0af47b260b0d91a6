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

}  // namespace
}  // namespace headway
