#pragma once

#include <cstdint>
#include <vector>

#include "kernels/integer/integer_gemm.h"

namespace headway {

/// A window along one spatial axis.
struct IntegerWindow {
  std::int64_t input = 1, kernel = 1, stride = 1, dilation = 1, pad = 0, output = 1;
};

struct IntegerConvShape {
  std::int64_t batch = 1, groups = 1;
  std::int64_t in_channels = 0, out_channels = 0;  ///< Of all groups.
  std::vector<IntegerWindow> axes;                 ///< Outermost first, at least one.
};

/// A convolution of 8-bit integers with exact sums. The input, less its zero point and with pads,
/// becomes 16-bit integers; the taps of a panel of output points are gathered and multiplied with
/// the weights of all output channels. Depthwise convolutions sum their taps directly.
class IntegerConv {
 public:
  /// `loops` must outlive it.
  IntegerConv(const IntegerConvShape& shape, const InnerLoops& loops, int threads);

  /// Centred weights: elements that pack writes.
  std::int64_t packed_size() const noexcept { return shape_.out_channels * taps_padded(); }
  /// Weights [out_channels × in_channels / groups × kernel…]; one zero point, or one for each
  /// output channel.
  void pack(const CentredMatrix& weights, std::int16_t* packed) const noexcept;

  /// Bytes of scratch memory that run needs, 64-byte aligned.
  std::size_t scratch_bytes() const noexcept;

  /// `input` has one zero point. The epilogue counts output channels as rows.
  void run(const KernelContext& context, const CentredMatrix& input, const std::int16_t* packed,
           const IntegerEpilogue& epilogue, void* output, void* scratch) const noexcept;

 private:
  struct Task;

  bool is_depthwise() const noexcept;
  std::int64_t taps() const noexcept { return static_cast<std::int64_t>(offsets_.size()) - pad_; }
  std::int64_t taps_padded() const noexcept { return static_cast<std::int64_t>(offsets_.size()); }
  std::int64_t output_rows() const noexcept { return points_ / shape_.axes.back().output; }
  std::int64_t row_offset(std::int64_t row) const noexcept;
  void pad_input(const KernelContext& context, const CentredMatrix& input,
                 std::int16_t* padded) const noexcept;
  void gather_panel(const InnerLoops& loops, const std::int16_t* image, std::int64_t first,
                    std::int16_t* packed) const noexcept;
  void multiply(const Task& task, std::int64_t group, std::int64_t panel,
                std::int16_t* packed) const noexcept;
  void sum_taps(const Task& task, std::int64_t channel) const noexcept;

  IntegerConvShape shape_;
  const InnerLoops* loops_;
  IntegerPanels panels_;
  int threads_;
  std::int64_t pad_ = 0;                 ///< 1 if a tap of weight 0 was added.
  std::vector<std::int64_t> offsets_;    ///< Of the taps of one group in the padded image.
  std::vector<std::int64_t> extents_;    ///< Of the padded image.
  std::int64_t plane_ = 1, points_ = 1;  ///< Elements of a padded channel, points of an output one.
};

}  // namespace headway
