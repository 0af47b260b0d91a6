#pragma once

#include <algorithm>
#include <cstdint>

namespace headway {

/// Part of a blocked image that will be wanted soon: `blocks` × `rows` runs of `size` floats. It is
/// fetched, some cache lines at a time, while something else is computed.
struct PrefetchRegion {
  const float* data = nullptr;
  std::int64_t size = 0;
  std::int64_t rows = 0;
  std::int64_t row_stride = 0;
  std::int64_t blocks = 0;
  std::int64_t block_stride = 0;
  std::int64_t row = 0, column = 0;  ///< What is taken next.

  /// The next run of at most `floats`, or null if all are taken.
  const float* take(std::int64_t floats) noexcept {
    if (blocks <= 0 || rows <= 0 || size <= 0) return nullptr;
    const float* run = data + row * row_stride + column;
    column += floats;
    if (column < size) return run;
    column = 0;
    if (++row < rows) return run;
    row = 0;
    data += block_stride;
    --blocks;
    return run;
  }
};

}  // namespace headway
