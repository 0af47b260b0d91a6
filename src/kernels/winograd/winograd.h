#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/brgemm/brgemm.h"
#include "kernels/context.h"
#include "kernels/conv/conv_shape.h"
#include "kernels/epilogue.h"

namespace headway {

/// A 3×3 convolution by Winograd's minimal filtering F(m×m, 3×3), m being 2, 4 or 6: tiles of m × m
/// output pixels become (m + 2)² frequencies, each a matrix product of its own. Input and output
/// are blocked. Tiles are taken some at a time, so that frequencies stay in the caches. Immutable;
/// holds no data.
class Prefetch;
class Winograd {
 public:
  /// One group, stride 1, dilation 1, 3×3.
  static bool applies(const ConvShape& shape) noexcept;

  Winograd(const ConvShape& shape, int tile, BrgemmSet& tiles, int threads);

  /// Floats that pack writes; what it writes depends neither on batch nor on threads.
  std::size_t packed_size() const noexcept;
  /// Transforms weights [out_channels × in_channels × 3 × 3]. `packed` must be 64-byte aligned.
  void pack(const float* weights, float* packed) const noexcept;
  /// The same in parts [0, pack_parts()), in any order or at once.
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
  /// Consecutive tiles, counted through all lines of all images.
  struct Tiles {
    std::int64_t first = 0;
    std::int64_t last = 0;
  };
  struct Operands;

  std::int64_t frequencies() const noexcept { return std::int64_t{tile_ + 2} * (tile_ + 2); }
  std::int64_t in_blocks() const noexcept;
  std::int64_t out_blocks() const noexcept;
  std::int64_t all_tiles() const noexcept { return shape_.batch * tile_lines_ * tile_columns_; }
  Tiles chunk(std::int64_t index) const noexcept;
  Tiles part(const Tiles& chunk, std::int64_t index) const noexcept;

  void cut_channels();
  void divide(int threads);
  void make_products(BrgemmSet& tiles);

  void run_chunk(const Operands& operands, const Tiles& chunk, const Tiles& next, float* scratch) const noexcept;
  Prefetch region(const float* images, const Tiles& tiles, std::int64_t first_block, std::int64_t blocks, bool input) const noexcept;
  void transform_input(const float* input, const Tiles& tiles, std::int64_t block,
                       float* frequencies) const noexcept;
  void run_group(const Operands& operands, const OutGroup& group, const Tiles& tiles,
                 Prefetch& next, const float* frequencies, float* products) const noexcept;
  void multiply(const OutGroup& group, std::int64_t tiles, const float* packed, Prefetch& next, Prefetch& out,
                const float* frequencies, float* products) const noexcept;
  void transform_output(const Operands& operands, const OutGroup& group, const Tiles& tiles,
                        const float* products) const noexcept;

  ConvShape shape_;
  int tile_;
  int width_;
  const InnerLoops* loops_;
  std::int64_t tile_lines_, tile_columns_;
  int step_ = 1;  ///< Input channels per matrix product.

  std::vector<OutGroup> groups_;
  std::int64_t chunks_ = 1;
  std::int64_t chunk_tiles_ = 1;  ///< In the largest chunk.
  std::int64_t parts_ = 1;        ///< Of a shared chunk.
  bool shared_ = false;           ///< All threads work on one chunk, else on one each.
  std::int64_t frequency_stride_ = 0, product_stride_ = 0;
  std::int64_t part_tiles_ = 1;
  std::vector<std::int64_t> offsets_;
  std::vector<Brgemm> products_;  ///< By vectors and rows.
};

}  // namespace headway
