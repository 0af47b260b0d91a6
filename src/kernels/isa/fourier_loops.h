#pragma once

#include "kernels/fourier/loops.h"
#include "kernels/isa/simd.h"

namespace headway {
namespace {

struct ComplexVector {
  Vector re, im;
};

inline ComplexVector operator+(ComplexVector a, ComplexVector b) {
  return {a.re + b.re, a.im + b.im};
}
inline ComplexVector operator-(ComplexVector a, ComplexVector b) {
  return {a.re - b.re, a.im - b.im};
}
inline ComplexVector operator*(ComplexVector a, float factor) {
  return {a.re * factor, a.im * factor};
}
/// a · (w[0] + i w[1])
inline ComplexVector turned(ComplexVector a, const float* w) {
  return {a.re * w[0] - a.im * w[1], a.re * w[1] + a.im * w[0]};
}
/// a · -i
inline ComplexVector quarter_turned(ComplexVector a) {
  return {a.im, -a.re};
}

template <int kRadix>
inline void small_transform(const ComplexVector (&a)[kMostRadix], const float*,
                            ComplexVector (&b)[kMostRadix]) {
  if constexpr (kRadix == 2) {
    b[0] = a[0] + a[1];
    b[1] = a[0] - a[1];
  } else if constexpr (kRadix == 3) {
    constexpr float kSine = 0.866025403784438647F;
    const ComplexVector sum = a[1] + a[2], middle = a[0] - sum * 0.5F;
    const ComplexVector side = quarter_turned(a[1] - a[2]) * kSine;
    b[0] = a[0] + sum;
    b[1] = middle + side;
    b[2] = middle - side;
  } else if constexpr (kRadix == 4) {
    const ComplexVector even = a[0] + a[2], odd = a[1] + a[3];
    const ComplexVector across = a[0] - a[2], side = quarter_turned(a[1] - a[3]);
    b[0] = even + odd;
    b[1] = across + side;
    b[2] = even - odd;
    b[3] = across - side;
  } else {
    static_assert(kRadix == 5);
    constexpr float kCosine1 = 0.309016994374947424F, kCosine2 = -0.809016994374947424F;
    constexpr float kSine1 = 0.951056516295153572F, kSine2 = 0.587785252292473129F;
    const ComplexVector outer = a[1] + a[4], inner = a[2] + a[3];
    const ComplexVector far = quarter_turned(a[1] - a[4]), near = quarter_turned(a[2] - a[3]);
    const ComplexVector first = a[0] + outer * kCosine1 + inner * kCosine2;
    const ComplexVector second = a[0] + outer * kCosine2 + inner * kCosine1;
    const ComplexVector first_side = far * kSine1 + near * kSine2;
    const ComplexVector second_side = far * kSine2 - near * kSine1;
    b[0] = a[0] + outer + inner;
    b[1] = first + first_side;
    b[2] = second + second_side;
    b[3] = second - second_side;
    b[4] = first - first_side;
  }
}

inline void any_transform(std::int64_t radix, const ComplexVector (&a)[kMostRadix],
                          const float* roots, ComplexVector (&b)[kMostRadix]) {
  for (std::int64_t j = 0; j < radix; ++j) {
    b[j] = a[0];
    for (std::int64_t k = 1; k < radix; ++k)
      b[j] = b[j] + turned(a[k], roots + 2 * (j * k % radix));
  }
}

/// kRadix of 0: whatever the pass says.
template <int kRadix>
void fourier_pass_of(const FourierPass& pass) {
  const std::int64_t radix = kRadix != 0 ? kRadix : pass.radix;
  const std::int64_t stride = pass.stride;
  for (std::int64_t p = 0; p < pass.count; ++p) {
    const float* twiddles = pass.twiddles + p * (radix - 1) * 2;
    for (std::int64_t q = 0; q < stride; q += kWidth) {
      const int width = at_most_width(stride - q);
      ComplexVector a[kMostRadix], b[kMostRadix];
#pragma GCC unroll 5
      for (std::int64_t k = 0; k < radix; ++k) {
        const std::int64_t at = (p + k * pass.count) * stride + q;
        a[k] = {load_partial(pass.input.re + at, width), load_partial(pass.input.im + at, width)};
      }
      if constexpr (kRadix != 0) {
        small_transform<kRadix>(a, pass.roots, b);
      } else {
        any_transform(radix, a, pass.roots, b);
      }
#pragma GCC unroll 5
      for (std::int64_t j = 0; j < radix; ++j) {
        const std::int64_t at = (radix * p + j) * stride + q;
        if (j != 0) b[j] = turned(b[j], twiddles + 2 * (j - 1));
        store_partial(pass.output.re + at, b[j].re, width);
        store_partial(pass.output.im + at, b[j].im, width);
      }
    }
  }
}

void fourier_pass(const FourierPass& pass) noexcept {
  switch (pass.radix) {
    case 2:
      return fourier_pass_of<2>(pass);
    case 3:
      return fourier_pass_of<3>(pass);
    case 4:
      return fourier_pass_of<4>(pass);
    case 5:
      return fourier_pass_of<5>(pass);
    default:
      return fourier_pass_of<0>(pass);
  }
}

}  // namespace
}  // namespace headway
