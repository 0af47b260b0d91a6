#pragma once

#include "kernels/conv/blocked_conv.h"

namespace headway {

/// A depthwise convolution: one input and one output channel per group.
class BlockedDepthwise final : public BlockedConv {
 public:
  BlockedDepthwise(const ConvShape& shape, const InnerLoops& loops) noexcept;

  std::size_t packed_size() const noexcept override;
  /// To [CB][kernel_height][kernel_width][B], with zeros beyond the last channel.
  void pack(const float* weights, float* packed) const noexcept override;
  std::size_t scratch_bytes() const noexcept override { return 0; }
  void run(const KernelContext& context, const ConvInput& input, const float* packed,
           const Epilogue& epilogue, float* output, void* scratch) const noexcept override;

 private:
  std::int64_t blocks() const noexcept;

  ConvShape shape_;
  std::int64_t width_;  ///< B
};

}  // namespace headway
