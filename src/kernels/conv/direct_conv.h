#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/brgemm/brgemm.h"
#include "kernels/conv/blocked_conv.h"
#include "kernels/range.h"

namespace headway {

/// A convolution as sums of matrix products without rearranging the image: a row of a register tile
/// is an output pixel, whose taps lie at fixed distances in the blocked input. Only an image with
/// pads is copied, band by band. In a grouped convolution a block of output channels sums over the
/// channels of all groups that it touches, with zero weights where they differ.
class DirectConv final : public BlockedConv {
 public:
  /// There must be one group if the input is plain.
  DirectConv(const ConvShape& shape, const ConvPlan& plan, BrgemmSet& tiles);

  std::size_t packed_size() const noexcept override;
  void pack(const float* weights, float* packed) const noexcept override;
  std::size_t scratch_bytes() const noexcept override;
  void run(const KernelContext& context, const ConvInput& input, const float* packed,
           const Epilogue& epilogue, float* output, void* scratch) const noexcept override;

 private:
  /// Neighbouring blocks of output channels that one register tile computes.
  struct ColumnGroup {
    std::int64_t first_block = 0;
    int vectors = 1;
    std::int64_t first_channel = 0, last_channel = 0;  ///< Of the input, one past the last.
    std::size_t first_offset = 0;                      ///< In offsets_.
    std::int64_t batch = 0;
    std::int64_t packed = 0;  ///< Where its weights begin.
  };
  struct Task;
  /// A tile's first element in the source and first pixel in the output, and which kernel it takes.
  struct Place {
    std::int64_t source, pixel;
    unsigned variant;
  };
  /// One image and what is done to it.
  struct Source {
    const float *data, *scale, *shift;
  };

  std::int64_t in_blocks() const noexcept;
  std::int64_t out_blocks() const noexcept;
  std::int64_t out_plane() const noexcept { return shape_.out_height * shape_.out_width; }
  std::int64_t taps() const noexcept { return shape_.kernel_height * shape_.kernel_width; }
  std::int64_t first_line(std::int64_t group) const noexcept;
  std::int64_t first_column(std::int64_t tile) const noexcept;
  std::int64_t units() const noexcept;
  std::int64_t copy_size() const noexcept;

  std::int64_t tiles_per_band() const noexcept;
  std::int64_t prefetched_lines(const ColumnGroup& group) const noexcept;

  int choose_vectors() const;
  void cut_channels(int vectors);
  void cut_lines(int vectors);
  void lay_out_source();
  void list_offsets(ColumnGroup& group);
  void make_tiles(const EpilogueKind& epilogue, BrgemmSet& tiles);
  void place_tiles();
  void divide(int threads);

  void pack_group(const ColumnGroup& group, const float* weights, float* packed) const noexcept;
  void transpose_block(const ColumnGroup& group, int vector, const float* weights,
                       float* packed) const noexcept;
  void pack_block(const ColumnGroup& group, int vector, const float* weights,
                  float* packed) const noexcept;
  void run_task(const Task& task, std::int64_t index, float* copy) const noexcept;
  void run_band(const Task& task, std::int64_t image, std::int64_t first_unit,
                std::int64_t last_unit, std::int64_t first_group, std::int64_t last_group,
                float* copy) const noexcept;
  void run_tiles(const Task& task, const ColumnGroup& group, const float* source,
                 std::int64_t image, Range tiles, const float* prefetch) const noexcept;
  void activate(const Task& task, const ColumnGroup& group, std::int64_t image,
                std::int64_t first_tile, std::int64_t last_tile) const noexcept;
  void copy_lines(const Source& image, std::int64_t first, std::int64_t count,
                  float* copy) const noexcept;

  ConvShape shape_;
  int width_;
  const InnerLoops* loops_;
  bool plain_input_;
  PrologueKind prologue_;
  Unary late_activation_;  ///< What register tiles cannot do.
  bool copies_ = false;
  int step_ = 1;  ///< Input channels (plain input: taps) per matrix product.

  std::vector<ColumnGroup> groups_;
  std::vector<std::int64_t> offsets_;
  std::int64_t line_groups_ = 1, column_tiles_ = 1;
  /// Floats from one element of the source, the input or its copy, to the next.
  std::int64_t source_plane_ = 0, source_line_ = 0, source_pixel_ = 0;
  std::int64_t copy_lines_ = 0, copy_width_ = 0;
  std::int64_t band_units_ = 1;
  std::int64_t unit_parts_ = 1, group_parts_ = 1;
  std::vector<Place> places_;
  std::vector<std::array<Brgemm, 4>> tiles_;  ///< By vectors; short lines + 2 · short columns.
};

}  // namespace headway
