#pragma once

#include <cstddef>

#include "kernels/conv/conv.h"

namespace headway {

/// A depthwise convolution (one input and one output channel per group) planned for one shape and
/// one instruction set, over blocked tensors [batch, CB, height, width, B]: B is the loops' width,
/// CB = ceil(channels / B), channel c lies at [c / B] … [c % B]. Lanes beyond the last channel may
/// hold anything, before and after. Immutable; holds and needs no memory.
class BlockedDepthwise {
 public:
  BlockedDepthwise(const ConvShape& shape, const InnerLoops& loops) noexcept;

  /// Floats that pack writes; what it writes depends on everything in the shape but batch.
  std::size_t packed_size() const noexcept;
  /// Rearranges weights [channels × 1 × kernel_height × kernel_width] to [CB][kernel_height]
  /// [kernel_width][B], with zeros beyond the last channel. `packed` should be 64-byte aligned.
  void pack(const float* weights, float* packed) const noexcept;

  /// The epilogue's bias has CB · B elements; those beyond the last channel may be anything.
  void run(const KernelContext& context, const float* input, const float* packed,
           const Epilogue& epilogue, float* output) const noexcept;

 private:
  std::int64_t blocks() const noexcept;

  ConvShape shape_;
  std::int64_t width_;  ///< B
};

}  // namespace headway
