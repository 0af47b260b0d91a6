#pragma once

#include <array>
#include <vector>

#include "kernels/conv/blocked_conv.h"
#include "kernels/winograd/prefetch.h"
#include "kernels/winograd/split.h"

namespace headway {

/// A 3×3 convolution by Winograd's minimal filtering F(m×m, 3×3): tiles of m × m output pixels
/// become (m + 2)² frequencies, each of which is a matrix product of its own.
class WinogradConv final : public BlockedConv {
 public:
  /// One group, stride 1, dilation 1, 3×3, neither input nor output empty.
  static bool applies(const ConvShape& shape) noexcept;

  /// `tile` is m: 2, 4 or 6.
  WinogradConv(const ConvShape& shape, int tile, const ConvPlan& plan, BrgemmSet& tiles);
  /// Cut in another way than the estimated best.
  WinogradConv(const ConvShape& shape, int tile, const WinogradSplit& split, BrgemmSet& tiles);

  std::size_t packed_size() const noexcept override;
  void pack(const float* weights, float* packed) const noexcept override;
  /// What pack does in parts [0, pack_parts()), in any order and by any threads.
  std::int64_t pack_parts() const noexcept;
  void pack_part(const float* weights, std::int64_t part, float* packed) const noexcept;
  std::size_t scratch_bytes() const noexcept override;
  void run(const KernelContext& context, const float* input, const float* packed,
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
  /// Consecutive tiles, counted through the lines of all images.
  struct Tiles {
    std::int64_t first = 0, last = 0;
    std::int64_t size() const noexcept { return last - first; }
    Tiles part(std::int64_t index, std::int64_t parts) const noexcept {
      return {first + size() * index / parts, first + size() * (index + 1) / parts};
    }
  };
  /// Consecutive tiles of one line.
  struct Line {
    std::int64_t image, y, x;  ///< The first one's image and its place there, in tiles.
    std::int64_t tiles;
  };
  struct Image;
  struct Pixels;
  struct Operands;

  std::int64_t frequencies() const noexcept { return std::int64_t{tile_ + 2} * (tile_ + 2); }
  int prefetched_pixels() const noexcept { return step_ * width_ / 8; }
  Tiles chunk(std::int64_t index) const noexcept { return tiles_.part(index, split_.chunks); }
  Image input_image() const noexcept;
  Image output_image() const noexcept;
  Line first_line(const Tiles& tiles) const noexcept;
  template <typename Body>
  void for_lines(const Tiles& tiles, const Body& body) const noexcept;
  PrefetchRegion region(const Pixels& pixels, const Line& line) const noexcept;
  const float* take(Pixels& pixels, std::int64_t floats) const noexcept;

  void cut_channels();
  void make_products(BrgemmSet& tiles);
  void run_chunks(const Operands& operands, std::int64_t worker, float* scratch) const noexcept;
  void run_shared_chunk(const KernelContext& context, const Operands& operands, const Tiles& tiles,
                        float* scratch) const noexcept;
  void transform_input(const Operands& operands, const Tiles& tiles, std::int64_t block,
                       float* frequencies) const noexcept;
  void multiply(const Operands& operands, const OutGroup& group, const Tiles& tiles,
                bool weights_are_far, Pixels& next, const float* frequencies,
                float* products) const noexcept;
  void transform_output(const Operands& operands, const OutGroup& group, const Tiles& tiles,
                        const float* products) const noexcept;

  ConvShape shape_;
  int tile_;
  int width_;
  const InnerLoops* loops_;
  std::int64_t in_blocks_, out_blocks_;
  std::int64_t tile_lines_, tile_columns_;
  Tiles tiles_;  ///< All of them.
  WinogradSplit split_;
  std::int64_t chunk_tiles_;             ///< In the largest chunk.
  int step_;                             ///< Input channels per matrix product.
  std::int64_t prefetched_weights_ = 0;  ///< Cache lines per matrix product.
  std::int64_t frequency_stride_ = 0, product_stride_ = 0;

  std::vector<OutGroup> groups_;
  std::vector<std::int64_t> offsets_;
  std::vector<std::array<Brgemm, kMostRows + 1>> products_;  ///< By vectors and rows.
};

}  // namespace headway
