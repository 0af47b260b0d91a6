#pragma once

#include <array>
#include <vector>

#include "kernels/conv/blocked_conv.h"
#include "kernels/range.h"
#include "kernels/winograd/prefetch.h"
#include "kernels/winograd/split.h"
#include "kernels/winograd/tiles.h"

namespace headway {

/// A 3×3 convolution by Winograd's minimal filtering F(m×m, 3×3): tiles of m × m output pixels
/// become (m + 2)² frequencies, each of which is a matrix product of its own.
///
/// It rounds differently from plain sums. Errors on normally distributed data, in terms of the
/// root mean square of the output, with 512 input channels; they grow with the root of that number:
///
///                typical   greatest
///   F(2×2, 3×3)     7e-7       3e-6      (plain sums in float32: 1e-6, 5e-6)
///   F(4×4, 3×3)     5e-6       5e-5
///   F(6×6, 3×3)     9e-6       7e-5
///
/// The tests bound them at 5e-6, 6e-5 and 1.2e-4, well inside the 1e-3 that a network's output may
/// differ from the strict reference, as errors of different layers hardly add up.
class WinogradConv final : public BlockedConv {
 public:
  /// One group, stride 1, dilation 1, 3×3, neither input nor output empty.
  static bool applies(const ConvShape& shape) noexcept;
  /// Whether this processor has the registers to make half transformed weights worth considering.
  static bool suits_half(const InnerLoops& loops) noexcept { return loops.width == 16; }

  /// The input must be blocked and have no prologue.
  WinogradConv(const ConvShape& shape, WinogradForm form, const ConvPlan& plan, BrgemmSet& tiles);
  /// Cut in another way than the estimated best.
  WinogradConv(const ConvShape& shape, WinogradForm form, const WinogradSplit& split,
               BrgemmSet& tiles);

  std::size_t packed_size() const noexcept override;
  void pack(const float* weights, float* packed) const noexcept override;
  /// What pack does in parts [0, pack_parts()), in any order and by any threads.
  std::int64_t pack_parts() const noexcept;
  void pack_part(const float* weights, std::int64_t part, float* packed) const noexcept;
  std::size_t scratch_bytes() const noexcept override;
  bool can_pool() const noexcept override { return true; }
  void run(const KernelContext& context, const ConvInput& input, const float* packed,
           const Epilogue& epilogue, float* output, void* scratch) const noexcept override;

 private:
  static constexpr int kGroupVectors = 2;
  static constexpr int kMostRows = 28;

  /// Neighbouring blocks of output channels that one register tile computes: kGroupVectors, but in
  /// the last group perhaps one more or less.
  struct OutGroup {
    std::int64_t first_block = 0;
    int vectors = 1;
    std::int64_t packed = 0;  ///< Where its weights begin.
  };
  struct Operands;
  struct Thread {
    const ThreadPool& pool;
    int index;
  };

  std::int64_t frequencies() const noexcept { return form_.frequencies(); }
  std::int64_t product_count() const noexcept { return frequencies() / form_.lines(); }
  /// Floats of the weights of one input channel.
  std::int64_t weight_row(const OutGroup& group) const noexcept;
  /// Tiles per register tile.
  std::int64_t most_rows(const OutGroup& group) const noexcept {
    return most_rows_[static_cast<std::size_t>(group.vectors - 1)];
  }
  std::int64_t frequencies_size() const noexcept { return frequencies() * frequency_stride_; }
  std::int64_t products_size() const noexcept { return frequencies() * product_stride_; }
  TileRange chunk(std::int64_t index) const noexcept {
    return grid_.all().part(index, split_.chunks);
  }

  void cut_channels();
  void list_offsets();
  void make_products(BrgemmSet& tiles);
  TilePixels input_pixels(const Operands& operands, const TileRange& tiles) const noexcept;
  TilePixels output_pixels(const Operands& operands, Range groups,
                           const TileRange& tiles) const noexcept;
  void run_chunks(const Thread& thread, const Operands& operands, std::int64_t worker,
                  float* scratch) const noexcept;
  void run_shared_chunk(const KernelContext& context, const Operands& operands,
                        const TileRange& tiles, float* scratch) const noexcept;
  void transform_input(const Operands& operands, const TileRange& tiles, std::int64_t block,
                       float* frequencies) const noexcept;
  void multiply(const Operands& operands, Range groups, const TileRange& tiles,
                bool weights_are_far, TilePixels& next, const float* frequencies,
                float* products) const noexcept;
  void transform_output(const Operands& operands, Range groups, const TileRange& tiles,
                        const float* products) const noexcept;
  void transform_output(const Operands& operands, const OutGroup& group, const TileRange& tiles,
                        const float* products) const noexcept;

  ConvShape shape_;
  WinogradForm form_;
  int width_;
  const InnerLoops* loops_;
  std::int64_t in_blocks_, out_blocks_;
  TileGrid grid_;
  WinogradSplit split_;
  std::int64_t chunk_tiles_;  ///< In the largest chunk.
  int step_;                  ///< Input channels per matrix product.
  int fetched_weights_ = 0;   ///< Cache lines per matrix product,
  int fetched_pixels_;        ///< to be used by later ones.
  std::int64_t frequency_stride_ = 0, product_stride_ = 0;

  std::vector<std::int64_t> most_rows_;  ///< By vectors - 1.
  std::vector<OutGroup> groups_;
  std::vector<std::int64_t> offsets_;
  std::vector<std::array<Brgemm, kMostRows + 1>> products_;  ///< By vectors and rows.
};

}  // namespace headway
