#pragma once

#include <memory>

#include "kernels/conv/blocked_conv.h"

namespace headway {

/// A convolution of plain tensors [batch, channels, height, width]: a blocked one between two
/// reorderings. It rounds like plain sums. Immutable; holds no data.
class Conv {
 public:
  /// `tiles` must outlive it.
  Conv(const ConvShape& shape, const EpilogueKind& epilogue, BrgemmSet& tiles, int threads);

  /// As in BlockedConv.
  std::size_t packed_size() const noexcept { return kernel_->packed_size(); }
  void pack(const float* weights, float* packed) const noexcept { kernel_->pack(weights, packed); }
  const char* algorithm() const noexcept { return name_of(algorithm_); }

  /// Bytes of scratch memory that run needs, 64-byte aligned.
  std::size_t scratch_bytes() const noexcept;

  /// The epilogue is of the kind that was planned for; its bias has out_channels elements, its
  /// residual lies like the output.
  void run(const KernelContext& context, const float* input, const float* packed,
           const Epilogue& epilogue, float* output, void* scratch) const noexcept;

 private:
  std::int64_t blocked_size(std::int64_t batch, std::int64_t channels, std::int64_t pixels) const;

  ConvShape shape_;
  int width_;
  ConvAlgorithm algorithm_;
  std::unique_ptr<BlockedConv> kernel_;
  std::int64_t input_size_, bias_size_, output_size_;  ///< Of the blocked copies, in floats.
};

}  // namespace headway
