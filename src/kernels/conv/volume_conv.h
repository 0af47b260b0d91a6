#pragma once

#include <memory>
#include <vector>

#include "kernels/conv/blocked_conv.h"
#include "kernels/slide_axis.h"

namespace headway {

/// A convolution of plain volumes [batch, channels, depth, height, width]: each slice of the output
/// is a sum of two-dimensional convolutions, one for every tap along the depth. Immutable; holds no
/// data.
class VolumeConv {
 public:
  /// `slice` is the convolution of one slice (of the whole batch); `tiles` must outlive it.
  VolumeConv(const ConvShape& slice, const SlideAxis& depth, const EpilogueKind& epilogue,
             BrgemmSet& tiles, int threads);

  std::size_t packed_size() const noexcept;
  /// Rearranges weights [out_channels × in_channels/groups × depth × height × width of the kernel].
  void pack(const float* weights, float* packed) const noexcept;
  const char* algorithm() const noexcept { return name_of(algorithm_); }

  /// Bytes of scratch memory that run needs, 64-byte aligned.
  std::size_t scratch_bytes() const noexcept;

  /// The epilogue is of the kind that was planned for; its bias has out_channels elements, its
  /// residual lies like the output.
  void run(const KernelContext& context, const float* input, const float* packed,
           const Epilogue& epilogue, float* output, void* scratch) const noexcept;

 private:
  struct Task;

  std::int64_t in_slice() const noexcept;
  std::int64_t out_slice() const noexcept;
  std::int64_t blocks(std::int64_t channels) const noexcept;
  std::size_t tap_size() const noexcept;
  std::size_t worker_bytes() const noexcept;
  void block(const KernelContext& context, const float* input, float* blocked) const noexcept;
  void unblock(const KernelContext& context, const float* blocked, float* output) const noexcept;
  void convolve_slice(const KernelContext& context, const Task& task, std::int64_t slice,
                      void* scratch) const noexcept;

  ConvShape slice_;
  SlideAxis depth_;
  int width_, threads_;
  bool slices_at_once_;  ///< Each thread computes slices of its own.
  ConvAlgorithm algorithm_;
  std::unique_ptr<BlockedConv> first_, next_;  ///< Sets its slice, or adds to it.
};

}  // namespace headway
