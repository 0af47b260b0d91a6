#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/context.h"

namespace headway {

enum class PoolOp : std::uint8_t {
  kMax,
  kAverage,              ///< Divided by the elements inside the image.
  kAverageIncludingPad,  ///< Divided by the elements inside the image and its pads.
};

/// Pooling over `planes` (batch × channels) independent images.
struct PoolShape {
  std::int64_t planes = 0;
  std::int64_t in_height = 0;
  std::int64_t in_width = 0;
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
  std::int64_t pad_bottom = 0;
  std::int64_t pad_right = 0;
};

/// Bytes of scratch memory, for some rows in blocks, that pool needs with that many threads;
/// 64-byte aligned.
std::size_t pool_scratch_bytes(const PoolShape& shape, const InnerLoops& loops,
                               int threads) noexcept;

void pool(const KernelContext& context, PoolOp op, const PoolShape& shape, const float* input,
          float* output, void* scratch) noexcept;

}  // namespace headway
