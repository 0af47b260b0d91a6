#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/brgemm/brgemm.h"
#include "kernels/context.h"
#include "kernels/epilogue.h"
#include "kernels/gemm/operands.h"
#include "kernels/gemm/strassen_operands.h"
#include "kernels/range.h"

namespace headway {

/// C[m×n] = A[m×k] · B[k×n] with one step of Strassen's algorithm in Winograd's form (Higham,
/// "Accuracy and Stability of Numerical Algorithms", 2nd ed., section 23.2.2): seven products of
/// half the rows, columns and depth instead of eight. The halves lie close together, so that all
/// sums stay in the caches: a register tile and the one below it, two neighbouring panels of B,
/// and the two halves of a block of k. Errors are small against the largest elements of A and B,
/// not against each row's; an infinity or NaN spreads over the rows of two tiles. Immutable; holds
/// no data.
class StrassenProduct {
 public:
  /// A and C are row-major; B is packed in panels.
  struct Operands {
    const float* a;
    const float* packed_b;
    Epilogue epilogue;
    float* c;
  };

  /// About how long the largest part of a product of m rows takes, in cycles of the processor;
  /// infinity if it cannot be computed like this.
  static double cycles(std::int64_t m, const ColumnPanels& panels, int threads) noexcept;

  /// `tiles` must outlive it.
  StrassenProduct(std::int64_t m, const ColumnPanels& panels, const EpilogueKind& epilogue,
                  BrgemmSet& tiles, int threads);

  /// Of 64-byte aligned memory.
  std::size_t scratch_bytes() const noexcept;
  void run(const KernelContext& context, const Operands& operands, void* scratch) const noexcept;

 private:
  /// A tile of the upper half, and the one of the lower half below it.
  struct TilePair {
    std::int64_t first_row, upper, lower;
    std::int64_t before;  ///< Upper rows of its group that come before its own.
  };
  /// Rows of A that share the differences of a block of B.
  struct Group {
    std::vector<TilePair> pairs;
    std::int64_t upper = 0;  ///< Rows of all upper tiles.
    Range rows;
  };
  /// Two panels of B for one block of k, and what is computed from them.
  struct Block;
  struct Product;

  /// Tiles of so many rows.
  struct Height {
    std::vector<std::int64_t> offsets;  ///< Of the A_i, in bytes.
    Brgemm sums[2][2];                  ///< [adds another sum][computes differences]
    Brgemm results[2][2][2];            ///< [first block][last block][computes differences]
  };

  /// How many of the rows, and of the columns.
  struct Parts {
    std::int64_t rows = 1, columns = 1;
    double cycles = 0;  ///< That the largest part takes.
  };
  static Parts choose_parts(std::int64_t m, const ColumnPanels& panels, int threads) noexcept;

  void cut_rows(std::int64_t m);
  void make_height(std::int64_t rows, const EpilogueKind& epilogue, BrgemmSet& tiles);
  Range block_of(std::int64_t block) const noexcept;
  std::int64_t deepest_block() const noexcept;
  std::int64_t thread_scratch() const noexcept;

  void multiply_part(const Operands& operands, std::int64_t part, float* scratch) const noexcept;
  void multiply_group(const Operands& operands, const Group& group, Range panels,
                      float* scratch) const noexcept;
  void pack(const Operands& operands, const Group& group, Range k, float* packed) const noexcept;
  void multiply_block(const Operands& operands, const Group& group, Block& block) const noexcept;
  void multiply_all(const Operands& operands, const Group& group, Block& block,
                    const Product& product) const noexcept;
  void add_quarters(const Operands& operands, const Group& group,
                    const Block& block) const noexcept;

  ColumnPanels panels_;
  const InnerLoops* loops_;
  int threads_;
  Parts parts_;
  std::vector<Group> groups_;       ///< Equally many for each part of the rows.
  std::int64_t largest_group_ = 0;  ///< Upper rows.
  std::int64_t blocks_;
  int fetched_lines_ = 0;  ///< Per step of a tile.
  int differences_ = 1;    ///< Vectors per step of a tile.
  std::vector<Height> heights_;
};

}  // namespace headway
