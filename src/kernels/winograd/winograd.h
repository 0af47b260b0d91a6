#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/brgemm/brgemm.h"
#include "kernels/context.h"
#include "kernels/conv/conv_shape.h"
#include "kernels/epilogue.h"
#include "kernels/winograd/prefetch.h"
#include "kernels/winograd/split.h"

namespace headway {

/// A 3×3 convolution by Winograd's minimal filtering F(m×m, 3×3), m being 2, 4 or 6: tiles of m × m
/// output pixels become (m + 2)² frequencies, each a matrix product of its own. Input and output
/// are blocked. Immutable; holds no data.
class Winograd {
 public:
  /// One group, stride 1, dilation 1, 3×3, and an output that is not empty.
  static bool applies(const ConvShape& shape) noexcept;

  Winograd(const ConvShape& shape, int tile, BrgemmSet& tiles, int threads);

  /// Floats that pack writes; what it writes depends neither on batch nor on threads.
  std::size_t packed_size() const noexcept;
  /// Transforms weights [out_channels × in_channels × 3 × 3]. `packed` must be 64-byte aligned.
  void pack(const float* weights, float* packed) const noexcept;
  /// The same in parts [0, pack_parts()), in any order and by any threads.
  std::int64_t pack_parts() const noexcept;
  void pack_part(const float* weights, std::int64_t part, float* packed) const noexcept;

  /// Bytes of scratch memory that run needs, 64-byte aligned.
  std::size_t scratch_bytes() const noexcept;

  /// The epilogue's bias has out_channels elements; its residual lies like the output.
  void run(const KernelContext& context, const float* input, const float* packed,
           const Epilogue& epilogue, float* output, void* scratch) const noexcept;

 private:
  /// Neighbouring blocks of output channels that one register tile computes.
  struct OutGroup {
    std::int64_t first_block = 0;
    int vectors = 1;
    std::int64_t packed = 0;  ///< Where its weights begin.
  };
  /// Consecutive tiles, counted through the lines of all images.
  struct Tiles {
    std::int64_t first = 0, last = 0;
    std::int64_t size() const noexcept { return last - first; }
  };
  /// Consecutive tiles of one line.
  struct Line {
    std::int64_t image, y, x;  ///< The first one's image and its place there, in tiles.
    std::int64_t tiles;
    std::int64_t index;  ///< Of the first one, in what it is a part of.
  };
  struct Image;
  struct Operands;

  std::int64_t frequencies() const noexcept { return std::int64_t{tile_ + 2} * (tile_ + 2); }
  std::int64_t all_tiles() const noexcept { return shape_.batch * tile_lines_ * tile_columns_; }
  Tiles chunk(std::int64_t index) const noexcept;
  Image input_image() const noexcept;
  Image output_image() const noexcept;

  void cut_channels();
  void make_products(BrgemmSet& tiles);
  template <typename Body>
  void for_lines(const Tiles& tiles, const Body& body) const noexcept;

  void run_chunks(const Operands& operands, std::int64_t worker, float* scratch) const noexcept;
  void run_shared_chunk(const KernelContext& context, const Operands& operands, const Tiles& chunk,
                        float* scratch) const noexcept;
  void transform_input(const Operands& operands, const Tiles& tiles, std::int64_t block,
                       float* frequencies) const noexcept;
  void multiply(const Operands& operands, const OutGroup& group, const Tiles& tiles,
                PrefetchRegion& next, const float* frequencies, float* products) const noexcept;
  void transform_output(const Operands& operands, const OutGroup& group, const Tiles& tiles,
                        const float* products) const noexcept;
  PrefetchRegion region(const Image& image, const float* data, const Tiles& tiles,
                        std::int64_t first_block, std::int64_t blocks) const noexcept;

  ConvShape shape_;
  int tile_;
  int width_;
  const InnerLoops* loops_;
  std::int64_t in_blocks_, out_blocks_;
  std::int64_t tile_lines_, tile_columns_;
  WinogradSplit split_;
  std::int64_t chunk_tiles_;  ///< In the largest chunk.
  int step_;                  ///< Input channels per matrix product.
  int prefetch_ = 0;          ///< Cache lines fetched meanwhile.
  bool prefetches_weights_ = false;
  std::int64_t frequency_stride_ = 0, product_stride_ = 0;

  std::vector<OutGroup> groups_;
  std::vector<std::int64_t> offsets_;
  std::vector<std::array<Brgemm, 29>> products_;  ///< By vectors and rows.
};

}  // namespace headway
