#pragma once

#include "kernels/gemm/tile.h"
#include "kernels/isa/simd.h"
#include "kernels/isa/unary_loops.h"

namespace headway {
namespace {

// As many accumulators as the registers hold beside one row of b and one broadcast of a.
#if defined(__AVX512F__)
constexpr int kTileRows = 14;
#elif defined(__AVX2__)
constexpr int kTileRows = 6;
#else
constexpr int kTileRows = 4;
#endif
constexpr int kTileVectors = 2;

struct Clamp {
  Vector low, high;
};

inline bool is_clamp(UnaryOp op) {
  return op == UnaryOp::kRelu || op == UnaryOp::kClip;
}

inline Clamp clamp_of(Unary function) {
  if (function.op == UnaryOp::kRelu) return {Vector{}, splat(__builtin_inff())};
  return {splat(function.alpha), splat(function.beta)};
}

template <int kVectors>
inline void load_row(const float* p, int last_columns, Vector (&row)[kVectors]) {
  for (int v = 0; v < kVectors - 1; ++v) row[v] = load(p + v * kWidth);
  const float* last = p + (kVectors - 1) * kWidth;
  row[kVectors - 1] = last_columns == kWidth ? load(last) : load_partial(last, last_columns);
}

template <int kVectors>
inline void store_row(float* p, int last_columns, const Vector (&row)[kVectors]) {
  for (int v = 0; v < kVectors - 1; ++v) store(p + v * kWidth, row[v]);
  float* last = p + (kVectors - 1) * kWidth;
  if (last_columns == kWidth) {
    store(last, row[kVectors - 1]);
  } else {
    store_partial(last, row[kVectors - 1], last_columns);
  }
}

/// The sums of one tile, with the order of the stores around them.
template <int kRows, int kVectors>
void gemm_tile_of(const GemmTile& tile) noexcept {
  Vector sums[kRows][kVectors] = {};
  const float* a = tile.a;
  const float* b = tile.b;
  for (std::int64_t k = tile.k; k > 0; --k) {
    Vector row[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) row[v] = load(b + v * kWidth);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const Vector factor = splat(a[r]);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[r][v] += factor * row[v];
    }
    a += kRows;
    b += kVectors * kWidth;
  }

  const int last_columns = tile.columns - (kVectors - 1) * kWidth;
  Vector column_bias[kVectors] = {};
  if (tile.last && tile.column_bias) load_row(tile.column_bias, last_columns, column_bias);
  const bool clamps = tile.last && is_clamp(tile.activation.op);
  const Clamp clamp = clamp_of(tile.activation);
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
    const std::int64_t offset = r * tile.c_stride;
    Vector addend[kVectors] = {};
    if (tile.addend) load_row(tile.addend + offset, last_columns, addend);
    const Vector bias = splat(tile.last && tile.row_bias ? tile.row_bias[r] : 0.0F);
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      sums[r][v] += addend[v] + column_bias[v] + bias;
      if (clamps) sums[r][v] = clip(sums[r][v], clamp.low, clamp.high);
    }
    store_row(tile.c + offset, last_columns, sums[r]);
  }
}

using TileFunction = void (*)(const GemmTile&) noexcept;

template <int... kRowsLessOne>
struct TileTable {
  TileFunction narrow[sizeof...(kRowsLessOne)] = {gemm_tile_of<kRowsLessOne + 1, 1>...};
  TileFunction wide[sizeof...(kRowsLessOne)] = {gemm_tile_of<kRowsLessOne + 1, 2>...};
};

#if defined(__AVX512F__)
constexpr TileTable<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13> kTiles;
#elif defined(__AVX2__)
constexpr TileTable<0, 1, 2, 3, 4, 5> kTiles;
#else
constexpr TileTable<0, 1, 2, 3> kTiles;
#endif

void gemm_tile(const GemmTile& tile) noexcept {
  (tile.columns > kWidth ? kTiles.wide : kTiles.narrow)[tile.rows - 1](tile);
  const UnaryOp op = tile.activation.op;
  if (!tile.last || op == UnaryOp::kIdentity || is_clamp(op)) return;
  for (int r = 0; r < tile.rows; ++r) {
    float* row = tile.c + r * tile.c_stride;
    unary_loop(tile.activation, tile.columns, row, row);
  }
}

}  // namespace
}  // namespace headway
