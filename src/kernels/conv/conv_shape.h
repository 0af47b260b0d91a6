#pragma once

#include <cstdint>

namespace headway {

/// A 2-D convolution over NCHW images. 1-D ones have height 1. Pads below and to the right follow
/// from the output's extents.
struct ConvShape {
  std::int64_t batch = 1;
  std::int64_t groups = 1;
  std::int64_t in_channels = 0;  ///< All groups together, as is out_channels.
  std::int64_t in_height = 0;
  std::int64_t in_width = 0;
  std::int64_t out_channels = 0;
  std::int64_t out_height = 0;
  std::int64_t out_width = 0;
  std::int64_t kernel_height = 1;
  std::int64_t kernel_width = 1;
  std::int64_t stride_height = 1;
  std::int64_t stride_width = 1;
  std::int64_t dilation_height = 1;
  std::int64_t dilation_width = 1;
  std::int64_t pad_top = 0;
  std::int64_t pad_left = 0;
};

}  // namespace headway
