#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/brgemm/brgemm.h"
#include "kernels/context.h"
#include "kernels/conv/conv_shape.h"
#include "kernels/epilogue.h"

namespace headway {

/// A convolution planned for one shape and one instruction set: depthwise, or matrix products over
/// an image that is rearranged block by block on the fly. Immutable; holds no memory.
class Conv {
 public:
  Conv(const ConvShape& shape, const InnerLoops& loops) noexcept;
  Conv(const ConvShape& shape, const BrgemmSet& tiles, int) noexcept : Conv(shape, tiles.loops()) {}

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
