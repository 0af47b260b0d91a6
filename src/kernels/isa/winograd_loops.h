#pragma once

#include "kernels/isa/gemm_tile.h"
#include "kernels/winograd/transforms.h"

// Winograd's minimal filtering F(m×m, 3×3) after Lavin & Gray, "Fast Algorithms for Convolutional
// Neural Networks" (2016), as Toom-Cook interpolation at 0, ±1, ∞ (m = 2), also ±2 (m = 4), also
// ±1/2 (m = 6). Points ±p share their even and odd halves, so everything is a polynomial in p².

namespace headway {
namespace {

template <int kTile>
struct WinogradPoints {
  static constexpr int kExtent = kTile + 2;
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

/// Σ c[i] d[2i] with a highest coefficient of 1.
template <int kDegree>
inline Vector polynomial_of(const double* c, const Vector* d) {
  Vector sum = d[2 * kDegree];
#pragma GCC unroll 3
  for (int i = kDegree - 1; i >= 0; --i) sum += static_cast<float>(c[i]) * d[2 * i];
  return sum;
}

/// Bᵀd
template <int kTile>
inline void winograd_input(const Vector (&d)[kTile + 2], Vector (&t)[kTile + 2]) {
  using Points = WinogradPoints<kTile>;
  constexpr int n = Points::kPairs;
#pragma GCC unroll 3
  for (int pair = 0; pair < n; ++pair) {
    const Vector even = polynomial_of<n - 1>(Points::kOthers[pair].c, d + 2);
    const Vector odd = polynomial_of<n - 1>(Points::kOthers[pair].c, d + 1);
    const float p = static_cast<float>(Points::kPair[pair]);
    t[Points::position(pair)] = even + p * odd;
    t[Points::position(pair) + 1] = even - p * odd;
    // Π (u - q²) over all pairs is what one pair shares, times its own (u - p²).
    if (pair == Points::kCheapest) {
      const float square = p * p;
      t[0] = even - square * polynomial_of<n - 1>(Points::kOthers[pair].c, d);
      t[Points::kInfinity] = polynomial_of<n - 1>(Points::kOthers[pair].c, d + 3) - square * odd;
    }
  }
}

inline std::int64_t at_most(std::int64_t x, std::int64_t bound) {
  return x < bound ? x : bound;
}

inline Vector clip_fast(Vector x, Vector low, Vector high) {
#if defined(__AVX512F__)
  return reinterpret_cast<Vector>(_mm512_maskz_min_ps(
      0xffff, reinterpret_cast<__m512>(high),
      _mm512_maskz_max_ps(0xffff, reinterpret_cast<__m512>(low), reinterpret_cast<__m512>(x))));
#elif defined(__AVX2__)
  return reinterpret_cast<Vector>(
      _mm256_min_ps(reinterpret_cast<__m256>(high),
                    _mm256_max_ps(reinterpret_cast<__m256>(low), reinterpret_cast<__m256>(x))));
#else
  return clip(x, low, high);
#endif
}

/// Aᵀm
template <int kTile>
inline void winograd_output(const Vector (&m)[kTile + 2], Vector (&o)[kTile]) {
  using Points = WinogradPoints<kTile>;
  double power[3] = {1, 1, 1};
#pragma GCC unroll 6
  for (int i = 0; i < kTile; ++i) {
#pragma GCC unroll 3
    for (int pair = 0; pair < Points::kPairs; ++pair) {
      const Vector plus = m[Points::position(pair)];
      const Vector minus = m[Points::position(pair) + 1];
      const Vector both = i % 2 == 0 ? plus + minus : plus - minus;
      const auto c = static_cast<float>(power[pair]);
      o[i] = pair == 0 ? both : o[i] + c * both;
      power[pair] *= Points::kPair[pair];
    }
  }
  o[0] += m[0];
  o[kTile - 1] += m[Points::kInfinity];
}

template <int kTile, int kFirst, int kCount>
inline void winograd_input_columns(const float* patch, std::int64_t line, float* transformed,
                                   std::int64_t stride) {
  constexpr int n = kTile + 2;
  Vector columns[kCount][n];
#pragma GCC unroll 8
  for (int y = 0; y < n; ++y) {
    Vector d[n], t[n];
#pragma GCC unroll 8
    for (int x = 0; x < n; ++x) d[x] = load(patch + x * kWidth);
    advance(patch, line);
    winograd_input<kTile>(d, t);
#pragma GCC unroll 4
    for (int i = 0; i < kCount; ++i) columns[i][y] = t[kFirst + i];
  }
#pragma GCC unroll 4
  for (int i = 0; i < kCount; ++i) {
    Vector t[n];
    winograd_input<kTile>(columns[i], t);
    float* column = transformed + (kFirst + i) * stride;
#pragma GCC unroll 8
    for (int y = 0; y < n; ++y) {
      store(column, t[y]);
      advance(column, n * stride);
    }
  }
}

/// BᵀdB, some columns at a time: as many as the registers hold.
template <int kTile>
[[gnu::noinline]] void winograd_input_tile(const float* patch, std::int64_t line,
                                           float* transformed, std::int64_t stride) {
  if constexpr (kTile == 2) {
    winograd_input_columns<2, 0, 4>(patch, line, transformed, stride);
  } else {
    winograd_input_columns<kTile, 0, 3>(patch, line, transformed, stride);
    winograd_input_columns<kTile, 3, 3>(patch, line, transformed, stride);
    if constexpr (kTile == 6) winograd_input_columns<6, 6, 2>(patch, line, transformed, stride);
  }
}

/// The pixels of a tile that hangs over the image's edge, with zeros around them.
template <int kExtent>
inline void copy_patch(const WinogradInputLine& line, std::int64_t left, float* patch) {
  for (int i = 0; i < kExtent; ++i) {
    const std::int64_t y = line.y + i;
    const float* row = line.image + (y * line.width + left) * kWidth;
    for (int j = 0; j < kExtent; ++j) {
      const std::int64_t x = left + j;
      const bool inside = y >= 0 && y < line.height && x >= 0 && x < line.width;
      store(patch + (i * kExtent + j) * kWidth, inside ? load(row + j * kWidth) : Vector{});
    }
  }
}

template <int kTile>
void winograd_input_line(const WinogradInputLine& line) noexcept {
  constexpr int n = kTile + 2;
  alignas(64) float patch[n * n * kWidth];
  const bool y_inside = line.y >= 0 && line.y + n <= line.height;
  const std::int64_t width = line.width, stride = line.frequency_stride, tiles = line.tiles;
  const float* first = line.image + (line.y * width + line.x) * kWidth;
  float* transformed = line.transformed;
  for (std::int64_t i = 0; i < tiles; ++i, transformed += kWidth) {
    const std::int64_t x = line.x + i * kTile;
    if (y_inside && x >= 0 && x + n <= width) {
      winograd_input_tile<kTile>(first + i * kTile * kWidth, width * kWidth, transformed, stride);
    } else {
      copy_patch<n>(line, x, patch);
      winograd_input_tile<kTile>(patch, n * kWidth, transformed, stride);
    }
  }
}

/// One output tile, cut off at the image's edges.
struct WinogradOutputTile {
  const float* products;
  float* image;
  const float* residual;
  std::int64_t rows, columns;
};

/// What happens to the sums, in registers.
struct WinogradEpilogue {
  Vector bias, low, high;
  bool clamps;
};

/// Epilogue and store of neighbouring pixels.
template <int kPixels>
inline void finish_pixels(Vector (&o)[kPixels], const WinogradEpilogue& epilogue,
                          const float* residual, float* image) {
#pragma GCC unroll 6
  for (int x = 0; x < kPixels; ++x) o[x] += epilogue.bias;
  if (residual) {
#pragma GCC unroll 6
    for (int x = 0; x < kPixels; ++x) o[x] += load(residual + x * kWidth);
  }
  if (epilogue.clamps) {
#pragma GCC unroll 6
    for (int x = 0; x < kPixels; ++x) o[x] = clip_fast(o[x], epilogue.low, epilogue.high);
  }
#pragma GCC unroll 6
  for (int x = 0; x < kPixels; ++x) store(image + x * kWidth, o[x]);
}

/// Rows kFirst, kFirst + kStep … of AᵀmA.
template <int kTile, int kFirst, int kStep>
inline void winograd_output_rows(const WinogradOutputTile& tile, const WinogradEpilogue& epilogue,
                                 std::int64_t stride, std::int64_t line) {
  constexpr int n = kTile + 2;
  Vector sums[kTile / kStep][n];
#pragma GCC unroll 8
  for (int x = 0; x < n; ++x) {
    Vector m[n], o[kTile];
    const float* column = tile.products + x * stride;
#pragma GCC unroll 8
    for (int y = 0; y < n; ++y) {
      m[y] = load(column);
      advance(column, n * stride);
    }
    winograd_output<kTile>(m, o);
#pragma GCC unroll 6
    for (int i = 0; i < kTile / kStep; ++i) sums[i][x] = o[kFirst + i * kStep];
  }
  std::int64_t offset = kFirst * line;
#pragma GCC unroll 6
  for (int i = 0; i < kTile / kStep; ++i, offset += kStep * line) {
    if (kFirst + i * kStep >= tile.rows) return;
    Vector o[kTile];
    winograd_output<kTile>(sums[i], o);
    const float* residual = tile.residual ? tile.residual + offset : nullptr;
    float* image = tile.image + offset;
    if (tile.columns == kTile) {
      finish_pixels(o, epilogue, residual, image);
      continue;
    }
    Vector cut[kTile];
#pragma GCC unroll 6
    for (int x = 0; x < kTile; ++x) cut[x] = o[x];
    for (std::int64_t x = 0; x < tile.columns; ++x) {
      Vector pixel[1] = {cut[x]};
      finish_pixels(pixel, epilogue, residual ? residual + x * kWidth : nullptr,
                    image + x * kWidth);
    }
  }
}

/// AᵀmA, some rows at a time: as many as the registers hold.
template <int kTile>
[[gnu::noinline]] void winograd_output_tile(const WinogradOutputTile& tile,
                                            const WinogradEpilogue& epilogue, std::int64_t stride,
                                            std::int64_t line) {
  if constexpr (kTile == 6) {
    winograd_output_rows<6, 0, 2>(tile, epilogue, stride, line);
    winograd_output_rows<6, 1, 2>(tile, epilogue, stride, line);
  } else {
    winograd_output_rows<kTile, 0, 1>(tile, epilogue, stride, line);
  }
}

template <int kTile>
void winograd_output_line(const WinogradOutputLine& line) noexcept {
  const Clamp clamp = clamp_of(line.activation);
  const WinogradEpilogue epilogue{load(line.bias), clamp.low, clamp.high,
                                  is_clamp(line.activation.op)};
  const bool needs_pass = !epilogue.clamps && line.activation.op != UnaryOp::kIdentity;
  const std::int64_t first = (line.y * line.width + line.x) * kWidth;
  const std::int64_t stride = line.frequency_stride, line_stride = line.width * kWidth;
  const std::int64_t right = line.width - line.x, tile_stride = line.tile_stride;
  const std::int64_t tiles = line.tiles;
  WinogradOutputTile tile{line.products, line.image + first,
                          line.residual ? line.residual + first : nullptr,
                          at_most(line.height - line.y, kTile), 0};
  for (std::int64_t i = 0; i < tiles; ++i) {
    tile.columns = at_most(right - i * kTile, kTile);
    winograd_output_tile<kTile>(tile, epilogue, stride, line_stride);
    for (std::int64_t y = 0; needs_pass && y < tile.rows; ++y) {
      float* row = tile.image + y * line_stride;
      unary_loop(line.activation, tile.columns * kWidth, row, row);
    }
    tile.products += tile_stride;
    tile.image += kTile * kWidth;
    if (tile.residual) tile.residual += kTile * kWidth;
  }
}

constexpr int kHalf = kWidth / 2;
using DoubleHalf = double __attribute__((vector_size(kHalf * sizeof(double))));
using FloatHalf = float __attribute__((vector_size(kHalf * sizeof(float))));

inline DoubleHalf load_half(const float* p) {
  FloatHalf v;
  __builtin_memcpy(&v, p, sizeof v);
  return __builtin_convertvector(v, DoubleHalf);
}

inline void store_half(float* p, DoubleHalf v) {
  const FloatHalf rounded = __builtin_convertvector(v, FloatHalf);
  __builtin_memcpy(p, &rounded, sizeof rounded);
}

/// Gg
template <int kTile>
inline void winograd_weights(const DoubleHalf (&g)[3], DoubleHalf (&t)[kTile + 2]) {
  using Points = WinogradPoints<kTile>;
  t[0] = g[0] * (1 / Points::kAll.c[0]);
  t[Points::kInfinity] = g[2];
#pragma GCC unroll 3
  for (int pair = 0; pair < Points::kPairs; ++pair) {
    const double p = Points::kPair[pair];
    const double scale = 1 / Points::norm(pair);
    const DoubleHalf even = g[0] * scale + g[2] * (scale * p * p);
    const DoubleHalf odd = g[1] * (scale * p);
    t[Points::position(pair)] = even + odd;
    t[Points::position(pair) + 1] = even - odd;
  }
}

/// GgGᵀ in double, for half a vector of output channels.
template <int kTile>
inline void winograd_weights_of_channel(const float* taps, float* transformed,
                                        std::int64_t stride) {
  constexpr int n = kTile + 2;
  DoubleHalf rows[3][n];
#pragma GCC unroll 3
  for (int y = 0; y < 3; ++y) {
    DoubleHalf g[3];
#pragma GCC unroll 3
    for (int x = 0; x < 3; ++x) g[x] = load_half(taps + (y * 3 + x) * kWidth);
    winograd_weights<kTile>(g, rows[y]);
  }
#pragma GCC unroll 8
  for (int x = 0; x < n; ++x) {
    const DoubleHalf column[3] = {rows[0][x], rows[1][x], rows[2][x]};
    DoubleHalf t[n];
    winograd_weights<kTile>(column, t);
#pragma GCC unroll 8
    for (int y = 0; y < n; ++y) store_half(transformed + (y * n + x) * stride, t[y]);
  }
}

template <int kTile>
void winograd_transform_weights(const WinogradWeights& weights) noexcept {
  for (std::int64_t c = 0; c < weights.channels; ++c) {
    const float* taps = weights.taps + c * 9 * kWidth;
    float* transformed = weights.transformed + c * weights.channel_stride;
    winograd_weights_of_channel<kTile>(taps, transformed, weights.frequency_stride);
    winograd_weights_of_channel<kTile>(taps + kHalf, transformed + kHalf, weights.frequency_stride);
  }
}

void winograd_input_transform(int tile, const WinogradInputLine& line) noexcept {
  if (tile == 2) return winograd_input_line<2>(line);
  if (tile == 4) return winograd_input_line<4>(line);
  winograd_input_line<6>(line);
}

void winograd_output_transform(int tile, const WinogradOutputLine& line) noexcept {
  if (tile == 2) return winograd_output_line<2>(line);
  if (tile == 4) return winograd_output_line<4>(line);
  winograd_output_line<6>(line);
}

void winograd_weight_transform(int tile, const WinogradWeights& weights) noexcept {
  if (tile == 2) return winograd_transform_weights<2>(weights);
  if (tile == 4) return winograd_transform_weights<4>(weights);
  winograd_transform_weights<6>(weights);
}

}  // namespace
}  // namespace headway
