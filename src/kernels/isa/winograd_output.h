#pragma once

#include "kernels/isa/rows.h"
#include "kernels/isa/winograd_points.h"
#include "kernels/winograd/transforms.h"

namespace headway {
namespace {

/// min(max(x, low), high); a NaN in x comes through, being the second operand.
inline Vector bounded(Vector x, Vector low, Vector high) {
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

inline std::int64_t at_most(std::int64_t x, std::int64_t bound) {
  return x < bound ? x : bound;
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
    for (int x = 0; x < kPixels; ++x) o[x] = bounded(o[x], epilogue.low, epilogue.high);
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

/// The greatest of every 2 × 2 pixels of a tile, in whole windows of which `rows` and `columns` are
/// inside the image.
template <int kTile>
inline void store_maxima(const float* tile, std::int64_t rows, std::int64_t columns, float* image,
                         std::int64_t line) {
  for (std::int64_t y = 0; y + 2 <= rows; y += 2, tile += 2 * kTile * kWidth, image += line) {
    for (std::int64_t x = 0; x + 2 <= columns; x += 2) {
      const float* corner = tile + x * kWidth;
      const float* below = corner + kTile * kWidth;
      const Vector top = max(load(corner), load(corner + kWidth));
      const Vector bottom = max(load(below), load(below + kWidth));
      store(image + x / 2 * kWidth, max(top, bottom));
    }
  }
}

template <int kTile>
void winograd_pooled_line(const WinogradOutputLine& line) noexcept {
  const Clamp clamp = clamp_of(line.activation);
  const WinogradEpilogue epilogue{load(line.bias), clamp.low, clamp.high,
                                  is_clamp(line.activation.op)};
  alignas(64) float pixels[kTile * kTile * kWidth];
  const std::int64_t line_stride = line.width / 2 * kWidth;
  float* image = line.image + line.y / 2 * line_stride + line.x / 2 * kWidth;
  WinogradOutputTile tile{line.products, pixels, nullptr, kTile, kTile};
  for (std::int64_t i = 0; i < line.tiles; ++i) {
    winograd_output_tile<kTile>(tile, epilogue, line.frequency_stride, kTile * kWidth);
    if (!epilogue.clamps && line.activation.op != UnaryOp::kIdentity) {
      unary_loop(line.activation, kTile * kTile * kWidth, pixels, pixels);
    }
    store_maxima<kTile>(pixels, at_most(line.height - line.y, kTile),
                        at_most(line.width - line.x - i * kTile, kTile), image, line_stride);
    tile.products += line.tile_stride;
    image += kTile / 2 * kWidth;
  }
}

template <int kTile>
void winograd_output_line(const WinogradOutputLine& line) noexcept {
  if (line.max_pool) return winograd_pooled_line<kTile>(line);
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

void winograd_output_transform(int tile, const WinogradOutputLine& line) noexcept {
  if (tile == 2) return winograd_output_line<2>(line);
  if (tile == 4) return winograd_output_line<4>(line);
  winograd_output_line<6>(line);
}

}  // namespace
}  // namespace headway
