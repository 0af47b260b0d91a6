#pragma once

#include <cstdint>

#include "kernels/elementwise/function.h"

namespace headway {

/// One output row of a depthwise convolution. Tap t reads `taps[t]` + output column: the plane is
/// padded and split by phase of the stride beforehand, so that every tap reads a contiguous row.
struct DepthwiseRow {
  int taps = 0;
  const float* const* rows = nullptr;  ///< Per tap; readable up to `columns` rounded up to vectors.
  const float* weights = nullptr;      ///< Per tap.
  float bias = 0;
  const float* residual = nullptr;
  Unary activation;
  std::int64_t columns = 0;
  float* output = nullptr;
};

}  // namespace headway
