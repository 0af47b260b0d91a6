#pragma once

#include <cstdint>

#include "kernels/conv/conv_shape.h"
#include "kernels/inner_loops.h"

namespace headway {

/// Which algorithm of Winograd's, F(tile × tile, 3×3), and in which form its weights are packed.
struct WinogradForm {
  WinogradForm(int m, bool half_transformed = false) noexcept : tile(m), half(half_transformed) {}

  int tile;  ///< 2, 4 or 6.
  /// Weights are transformed along columns only, and along lines by the products as they use them.
  /// They take half as much memory, where memory is what limits. Needs tiles of 4 × 4.
  bool half;

  std::int64_t frequencies() const noexcept { return std::int64_t{tile + 2} * (tile + 2); }
  int lines() const noexcept { return half ? tile + 2 : 1; }  ///< Frequencies per product.
};

/// How a Winograd convolution is cut: into chunks of consecutive tiles, whose frequencies stay in
/// the caches while the weights stream past.
struct WinogradSplit {
  std::int64_t chunks = 1;
  std::int64_t workers = 1;
  /// Whether all workers do one chunk together, its input first and then some output channels each,
  /// of some part of the tiles; otherwise they do a chunk each.
  bool shared = false;
  std::int64_t parts = 1;     ///< Of a shared chunk.
  std::int64_t gathered = 1;  ///< Groups of output channels multiplied side by side.
  double cycles = 0;          ///< Estimated, of a whole run.
};

WinogradSplit split_winograd(const ConvShape& shape, WinogradForm form, const InnerLoops& loops,
                             int threads) noexcept;

/// Estimated processor cycles of F(tile × tile, 3×3), to choose among tiles and other algorithms: a
/// direct convolution takes about in_channels · 9 / 2 per output pixel and vector of channels,
/// divided by the threads and by the share of the arithmetic peak that it reaches.
double winograd_cost(const ConvShape& shape, WinogradForm form, const InnerLoops& loops,
                     int threads) noexcept;

}  // namespace headway
