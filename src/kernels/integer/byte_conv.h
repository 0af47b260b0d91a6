#pragma once

#include <cstdint>
#include <vector>

#include "kernels/integer/byte_gemm.h"

namespace headway {

/// A window along one spatial axis.
struct ByteWindow {
  std::int64_t input = 1, kernel = 1, stride = 1, dilation = 1, pad = 0, output = 1;
};

struct ByteConvShape {
  std::int64_t batch = 1, groups = 1;
  std::int64_t in_channels = 0, out_channels = 0;  ///< Of all groups.
  std::vector<ByteWindow> axes;                    ///< Outermost first, at least one.
  bool channels_last = false;                      ///< Of input and output.
};

/// A convolution of bytes with exact sums. With the channels of a point beside one another and in
/// whole fours, a window is a few runs of neighbours: the output points of a line are rows of a
/// product, and are read where they are. Depthwise convolutions sum their taps directly.
class ByteConv {
 public:
  /// `loops` must outlive it.
  ByteConv(const ByteConvShape& shape, const InnerLoops& loops, int threads);

  bool is_depthwise() const noexcept;
  /// Of one group, whose packed weights follow one another.
  const BytePanels& panels() const noexcept { return panels_; }
  std::int64_t groups() const noexcept { return is_depthwise() ? 1 : shape_.groups; }
  std::int64_t packed_bytes() const noexcept;
  /// Weights [out_channels × in_channels / groups × kernel…] of that dtype; zero points of the same
  /// dtype, one or one for each output channel, or null. May allocate.
  void pack(const KernelContext& context, const ByteMatrix& weights, std::byte* packed) const;
  /// To be called once the weights are packed: whether their zero points need sums of the input.
  void look_at(const std::byte* packed) noexcept;

  /// Bytes of scratch memory that run needs, 64-byte aligned.
  std::size_t scratch_bytes() const noexcept;

  /// The input has one zero point, of its dtype. Factors and bias of all groups' panels follow one
  /// another.
  void run(const KernelContext& context, DType dtype, const void* input, std::uint8_t zero,
           const std::byte* packed, const ByteEpilogue& epilogue, void* output,
           void* scratch) const noexcept;

 private:
  struct Task;

  std::int64_t lanes() const noexcept { return panels_.count() * panels_.columns(); }
  std::int64_t pairs() const noexcept { return (taps_ + 1) / 2; }
  std::int64_t block_bytes() const noexcept;
  std::int64_t line_offset(std::int64_t line) const noexcept;
  bool reads_in_place(DType dtype) const noexcept;
  void pack_taps(const ByteMatrix& weights, std::byte* packed) const noexcept;
  void start_taps(const std::byte* packed, std::int32_t zero, const std::int32_t* bias,
                  std::int32_t* starts) const noexcept;
  void place_input(const KernelContext& context, DType dtype, const std::uint8_t* input,
                   std::uint8_t zero, std::uint8_t* image) const noexcept;
  void place_line(const InnerLoops& loops, const std::uint8_t* input, std::uint8_t flip,
                  std::int64_t source, std::int64_t first, std::int64_t last,
                  std::uint8_t* line) const noexcept;
  void compute(const Task& task, std::int64_t first, std::int64_t last, std::byte* block,
               std::byte* output) const noexcept;
  void multiply_line(const Task& task, std::int64_t line, std::int64_t x, std::int64_t count,
                     std::byte* to, std::int64_t stride) const noexcept;
  void sum_line(const Task& task, std::int64_t line, std::int64_t x, std::int64_t count,
                std::byte* to, std::int64_t stride) const noexcept;

  ByteConvShape shape_;
  const InnerLoops* loops_;
  int threads_;
  BytePanels panels_;                    ///< Of a group, or of all channels if depthwise.
  std::vector<std::int64_t> extents_;    ///< Of the padded image.
  std::vector<std::int64_t> offsets_;    ///< Of a window's runs, or of its taps if depthwise.
  std::int64_t taps_ = 1, run_ = 0;      ///< Bytes of a run.
  std::int64_t group_channels_ = 0;      ///< Of the image: in_channels / groups, in fours.
  std::int64_t pixel_ = 0;               ///< Bytes of a pixel of the image.
  std::int64_t image_ = 1, points_ = 1;  ///< Pixels of the padded image, of an output.
  std::int64_t block_ = 1, blocks_ = 1;  ///< Points computed at a time.
  bool needs_sums_ = false;
};

}  // namespace headway
