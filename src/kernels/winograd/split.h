#pragma once

#include <cstdint>

#include "kernels/conv/conv_shape.h"
#include "kernels/inner_loops.h"

namespace headway {

/// How the tiles of a Winograd convolution are taken: in chunks of consecutive ones, whose
/// frequencies stay in the caches while the weights stream past.
struct WinogradSplit {
  std::int64_t chunks = 1;
  /// All threads work on one chunk: first on parts of its transform, then on some of its output
  /// channels each. Otherwise each thread works on a chunk of its own.
  bool shared = false;
  std::int64_t workers = 1;
  double cycles = 0;  ///< Estimated processor cycles of a run.
};

WinogradSplit split_winograd(const ConvShape& shape, int tile, const InnerLoops& loops,
                             int threads) noexcept;

}  // namespace headway
