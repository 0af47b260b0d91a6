#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/brgemm/brgemm.h"
#include "kernels/context.h"
#include "kernels/epilogue.h"
#include "kernels/gemm/operands.h"
#include "kernels/gemm/strassen.h"
#include "kernels/range.h"

namespace headway {

/// C[m×n] = alpha · op(A)[m×k] · op(B)[k×n], `batch` times. All matrices are row-major; op
/// transposes, so a transposed A is stored as [k×m].
struct GemmShape {
  std::int64_t m = 0;
  std::int64_t n = 0;
  std::int64_t k = 0;
  bool transpose_a = false;
  bool transpose_b = false;
  float alpha = 1;
  std::int64_t batch = 1;
  std::int64_t stride_a = 0;  ///< Elements from one A to the next; 0 uses the same one again.
  std::int64_t stride_b = 0;
  std::int64_t stride_c = 0;
};

/// A matrix product planned for one shape, epilogue and number of threads: loops around the tiles
/// of kernels/brgemm. B is packed, once or while the product runs, and streams through the caches;
/// a block of A stays in the second level. Immutable; holds no data.
class Gemm {
 public:
  /// `tiles` must outlive it. `regroups`: sums may be rounded differently from plain ones, where
  /// that is faster.
  Gemm(const GemmShape& shape, const EpilogueKind& epilogue, BrgemmSet& tiles, int threads,
       bool regroups = false);

  bool is_strassen() const noexcept { return strassen_.has_value(); }

  /// Floats that pack_b writes; independent of m, batch and threads, and so is what it writes.
  std::size_t packed_b_size() const noexcept;
  /// Rows of B as it is stored: n if it is transposed, k otherwise.
  std::int64_t rows_of_b() const noexcept { return shape_.transpose_b ? shape_.n : shape_.k; }
  /// Of how many rows the parts must be, but for the last, that B can be packed in.
  std::int64_t packing_step() const noexcept;
  /// Rearranges some rows of one B as it is stored, of which `b` is the first, for run_packed.
  /// `packed`, where all of B goes, should be 64-byte aligned.
  void pack_b(const float* b, Range rows, float* packed) const noexcept;

  /// Bytes of scratch memory that run (or run_packed) needs, 64-byte aligned.
  std::size_t scratch_bytes(bool b_is_packed) const noexcept;

  /// The epilogue is of the kind that was planned for. Its bias has n elements; its residual lies
  /// like C. With a packed B, stride_b must be 0.
  void run_packed(const KernelContext& context, const float* a, const float* packed_b,
                  const Epilogue& epilogue, float* c, void* scratch) const noexcept;
  void run(const KernelContext& context, const float* a, const float* b, const Epilogue& epilogue,
           float* c, void* scratch) const noexcept;

 private:
  /// Tiles of one height. Which parts of the epilogue they have depends on the block of k.
  struct Height {
    std::vector<std::int64_t> offsets;  ///< Of the A_i of a packed tile, in bytes.
    Brgemm tiles[2][2][2];              ///< [first block][last block][last panel]
  };
  struct Product;

  /// Returns the cycles that the largest part takes.
  double choose_parts(int threads);
  void cut_depth();
  void make_tiles(const EpilogueKind& epilogue, BrgemmSet& tiles);
  void make_height(int rows, const EpilogueKind& epilogue, BrgemmSet& tiles);
  int height_limit() const noexcept;
  std::int64_t group_count(std::int64_t rows) const noexcept;
  Range block_of(std::int64_t block) const noexcept;
  template <typename Visit>
  void for_tiles(std::int64_t rows, Visit&& visit) const;
  std::int64_t matrices_of_b() const noexcept;
  std::int64_t thread_scratch(bool b_is_packed) const noexcept;
  std::int64_t scratch_before_b(bool b_is_packed) const noexcept;

  void multiply(const KernelContext& context, const Product& product) const noexcept;
  void multiply_part(Product product, std::int64_t part, float* scratch) const noexcept;
  void multiply_group(const Product& product, Range rows, Range panels,
                      float* packed_a) const noexcept;
  void pack_rows(const Product& product, Range rows, std::int64_t block, float* packed,
                 const float* ahead) const noexcept;
  void multiply_panel(const Product& product, Range rows, std::int64_t panel, std::int64_t block,
                      const float* packed_a, const float* b, const float* ahead) const noexcept;
  void activate(const Product& product, Range rows, Range panels) const noexcept;

  GemmShape shape_;
  ColumnPanels panels_;
  const InnerLoops* loops_;
  Unary late_activation_;  ///< What tiles cannot do.
  std::int64_t row_parts_ = 1, column_parts_ = 1;
  std::int64_t blocks_ = 1;      ///< Of k.
  std::int64_t group_rows_ = 1;  ///< Rows of A that are packed at once, at most.
  int threads_;
  bool small_;
  bool packs_in_parts_ = false;  ///< Each part packs the B it needs, if it is not packed.
  int prefetches_ = 0;
  bool reads_once_ = false;  ///< One tile covers all rows and all of k: B is one stream.
  std::optional<StrassenProduct> strassen_;
  std::vector<Height> heights_;  ///< By rows; empty where there are no such tiles.
};

}  // namespace headway
