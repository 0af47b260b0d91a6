#pragma once

#include "kernels/isa/simd.h"

// Winograd's minimal filtering F(m×m, 3×3) after Lavin & Gray, "Fast Algorithms for Convolutional
// Neural Networks" (2016), as Toom-Cook interpolation at 0, ±1, ∞ (m = 2), also ±2 (m = 4), also
// ±1/2 (m = 6). Points ±p share their even and odd halves, so everything is a polynomial in p².

namespace headway {
namespace {

template <int kTile>
struct WinogradPoints {
  static constexpr int kPairs = kTile / 2;
  static constexpr double kPair[3] = {1, 2, 0.5};

  // The order of the frequencies: 0, ±1, ∞, ±2, ±1/2, so that threes can be computed together.
  static constexpr int kInfinity = 3;
  static constexpr int position(int pair) { return pair == 0 ? 1 : 2 * pair + 2; }

  /// The coefficients of Π (u - q²) over all pairs ±q but the one left out; the highest is 1.
  struct Polynomial {
    double c[kPairs + 1] = {1};
    constexpr explicit Polynomial(int left_out) {
      int degree = 0;
      for (int pair = 0; pair < kPairs; ++pair) {
        if (pair == left_out) continue;
        c[degree + 1] = 0;
        for (int i = ++degree; i > 0; --i) c[i] = c[i - 1] - kPair[pair] * kPair[pair] * c[i];
        c[0] *= -kPair[pair] * kPair[pair];
      }
    }
  };
  static constexpr Polynomial kAll{-1};
  static constexpr Polynomial kOthers[3] = {Polynomial{0}, Polynomial{1}, Polynomial{2}};

  /// The pair that the others' polynomial is cheapest for.
  static constexpr int kCheapest = kPairs == 2 ? 1 : 0;

  /// Π (p - q) over all other points q.
  static constexpr double norm(int pair) {
    const double square = kPair[pair] * kPair[pair];
    double product = 2 * square;
    for (int other = 0; other < kPairs; ++other) {
      if (other != pair) product *= square - kPair[other] * kPair[other];
    }
    return product;
  }
};

/// A step that the compiler cannot merge with the next ones: it would compute the addresses of all
/// rows before the loop over the tiles and run out of registers.
template <typename Float>
inline void advance(Float*& p, std::int64_t step) {
  p += step;
  asm("" : "+r"(p));
}

}  // namespace
}  // namespace headway
