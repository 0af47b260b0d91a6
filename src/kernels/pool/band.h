#pragma once

#include <cstdint>

#include "kernels/slide_axis.h"

namespace headway {

/// Output rows [first_row, last_row) of a pooling over one channel block, whose pixels are vectors
/// of B floats.
struct PoolBand {
  SlideAxis height, width;
  /// Averages count a window's taps inside these, which are height and width with the padding that
  /// counts moved into the image. Maxima ignore them.
  SlideAxis counted_height, counted_width;
  bool maximum = true;
  std::int64_t first_row = 0;
  std::int64_t last_row = 0;
  const float* input = nullptr;  ///< [height.in][width.in][B]
  float* output = nullptr;       ///< [height.out][width.out][B]
};

}  // namespace headway
