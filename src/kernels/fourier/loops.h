#pragma once

#include <cstdint>

namespace headway {

/// Complex numbers as two arrays.
struct ComplexArray {
  float *re = nullptr, *im = nullptr;

  /// The Fourier transform of what is swapped, swapped back, is the inverse one.
  ComplexArray swapped() const { return {im, re}; }
};

/// output[(radix · p + j) · stride + q] = w[p][j] · Σ_k input[(p + k · count) · stride + q] ·
/// r^(j·k) with p < count, q < stride, and r = exp(-2πi / radix): one pass of Stockham's algorithm.
struct FourierPass {
  std::int64_t radix = 0, count = 0, stride = 0;
  const float* twiddles = nullptr;  ///< w[p][j] for j = 1 to before radix, as pairs.
  const float* roots = nullptr;     ///< r^j for j < radix, as pairs.
  ComplexArray input, output;
};

/// The largest radix of a pass.
inline constexpr std::int64_t kMostRadix = 13;

}  // namespace headway
