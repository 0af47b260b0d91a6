#pragma once

#include <cstddef>
#include <vector>

#include "kernels/context.h"
#include "kernels/conv/conv_shape.h"
#include "kernels/epilogue.h"
#include "kernels/gemm/gemm.h"
#include "kernels/slide_axis.h"

namespace headway {

/// The transpose of a convolution: a product per image and group, whose rows are then added up in
/// the output. Where each group has one input channel, its elements times the weights are added up
/// at once. The shape reads as ONNX's ConvTranspose does: `in` is what it reads, `out` what it
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
  const char* algorithm() const noexcept { return is_depthwise() ? "depthwise" : "gemm"; }

 private:
  /// Where the elements of an input row from `begin` to before `end` go that a tap weighs.
  struct Shift {
    std::int64_t offset, begin, end;
  };

  /// What is added up in one channel: a plane per tap, or one that all taps weigh.
  struct Source {
    const float* planes = nullptr;
    const float* weights = nullptr;  ///< One per tap, or null.
  };

  bool is_depthwise() const noexcept { return shape_.in_channels == shape_.groups; }
  std::int64_t taps() const noexcept;
  std::int64_t in_points() const noexcept;
  std::int64_t columns_size() const noexcept;
  std::int64_t row_size() const noexcept;
  void add_up(const KernelContext& context, const float* columns, std::int64_t first_channel,
              const Epilogue& epilogue, float* output, float* rows) const noexcept;
  void add_channel(const KernelContext& context, const Source& source, std::int64_t channel,
                   const Epilogue& epilogue, float* output, float* row) const noexcept;
  void add_phases(float* row, const float* residual) const noexcept;
  void interleave(const float* row, float* to) const noexcept;
  void add_row(const Source& source, std::int64_t z, std::int64_t y, float* row) const noexcept;

  ConvShape shape_;
  SlideAxis depth_;
  int threads_;
  std::vector<Shift> shifts_;  ///< For each column of the kernel.
  Gemm product_;
};

}  // namespace headway
