#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/context.h"
#include "kernels/epilogue.h"

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

/// A convolution planned for one shape and one instruction set: depthwise, or matrix products over
/// an image that is rearranged block by block on the fly. Immutable; holds no memory.
class Conv {
 public:
  Conv(const ConvShape& shape, const InnerLoops& loops) noexcept;

  /// Floats that pack writes; what it writes depends on everything in the shape but batch.
  std::size_t packed_size() const noexcept;
  /// Rearranges weights [out_channels × in_channels/groups × kernel_height × kernel_width].
  /// `packed` should be 64-byte aligned.
  void pack(const float* weights, float* packed) const noexcept;

  /// Bytes of scratch memory that run needs with that many threads; 64-byte aligned.
  std::size_t scratch_bytes(int threads) const noexcept;

  /// The epilogue's bias has out_channels elements.
  void run(const KernelContext& context, const float* input, const float* packed,
           const Epilogue& epilogue, float* output, void* scratch) const noexcept;

  /// "depthwise", "gemm" …: for profiles.
  const char* algorithm() const noexcept;

 private:
  enum class Algorithm : std::uint8_t {
    kDepthwise,
    kVectorOverImage,    ///< weights × image: output rows are channels, as they are stored.
    kVectorOverChannels  ///< The transposed product, for images that fill vectors badly.
  };

  ConvShape shape_;
  const InnerLoops* loops_;
  Algorithm algorithm_;
};

}  // namespace headway
