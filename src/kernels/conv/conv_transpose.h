#pragma once

#include <cstddef>

#include "kernels/context.h"
#include "kernels/conv/conv_shape.h"
#include "kernels/epilogue.h"
#include "kernels/gemm/gemm.h"
#include "kernels/slide_axis.h"

namespace headway {

/// The transpose of a convolution: a product per image and group, whose rows are then added up in
/// the output. The shape reads as ONNX's ConvTranspose does: `in` is what it reads, `out` what it
/// writes; weights are [in_channels × out_channels/groups × kernel…]. Volumes have a `depth`
/// besides.
class ConvTranspose {
 public:
  /// `tiles` must outlive it.
  ConvTranspose(const ConvShape& shape, const SlideAxis& depth, BrgemmSet& tiles, int threads);

  /// Floats that pack writes.
  std::size_t packed_size() const noexcept;
  void pack(const float* weights, float* packed) const noexcept;
  std::size_t scratch_bytes() const noexcept;
  void run(const KernelContext& context, const float* input, const float* packed,
           const Epilogue& epilogue, float* output, void* scratch) const noexcept;
  /// For profiles.
  const char* algorithm() const noexcept { return "gemm"; }

 private:
  std::int64_t columns_size() const noexcept;
  void add_up(const KernelContext& context, const float* columns, std::int64_t first_channel,
              const Epilogue& epilogue, float* output) const noexcept;

  void add_tap(std::int64_t tap, const float* from, float* to) const noexcept;

  ConvShape shape_;
  SlideAxis depth_;
  Gemm product_;
};

}  // namespace headway
