#pragma once

#include <cstdint>

#include "kernels/elementwise/function.h"
#include "kernels/slide_axis.h"

namespace headway {

/// Output rows [first_row, last_row) of a depthwise convolution over one channel block, whose
/// pixels are vectors of B floats.
struct DepthwiseBand {
  SlideAxis height, width;
  std::int64_t first_row = 0;
  std::int64_t last_row = 0;
  const float* input = nullptr;     ///< [height.in][width.in][B]
  const float* weights = nullptr;   ///< [height.kernel][width.kernel][B]
  const float* bias = nullptr;      ///< [B], or none.
  const float* residual = nullptr;  ///< As output, or none; may be output.
  float* output = nullptr;          ///< [height.out][width.out][B]
  Unary activation;
};

}  // namespace headway
