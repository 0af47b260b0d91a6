#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/inner_loops.h"

namespace headway {

/// How a product [m×k]·[k×n] is cut: rows into panels of nearly equal height (registers broadcast
/// them), columns into panels of whole register tiles (the last one narrower), k into blocks of
/// nearly equal depth. Packed operands lie block by block, panel by panel, without gaps.
struct Panels {
  std::int64_t m, n, k;
  int tile_rows, tile_columns, width;

  static constexpr std::int64_t kDeepestBlock = 512;

  Panels(std::int64_t rows, std::int64_t columns, std::int64_t depth, const InnerLoops& loops)
      : m(rows),
        n(columns),
        k(depth),
        tile_rows(loops.tile_rows),
        tile_columns(loops.tile_columns),
        width(loops.width) {}

  std::int64_t row_panels() const { return (m + tile_rows - 1) / tile_rows; }
  std::int64_t first_row(std::int64_t panel) const { return m * panel / row_panels(); }
  int rows(std::int64_t panel) const {
    return static_cast<int>(first_row(panel + 1) - first_row(panel));
  }

  std::int64_t column_panels() const { return (n + tile_columns - 1) / tile_columns; }
  std::int64_t first_column(std::int64_t panel) const { return panel * tile_columns; }
  int columns(std::int64_t panel) const {
    return static_cast<int>(std::min<std::int64_t>(tile_columns, n - first_column(panel)));
  }
  int padded_columns(std::int64_t panel) const {
    return (columns(panel) + width - 1) / width * width;
  }
  std::int64_t padded_n() const { return (n + width - 1) / width * width; }

  /// One block at least, so that an empty sum still gets its epilogue.
  std::int64_t k_blocks() const {
    return std::max<std::int64_t>(1, (k + kDeepestBlock - 1) / kDeepestBlock);
  }
  std::int64_t first_k(std::int64_t block) const { return k * block / k_blocks(); }
  std::int64_t depth(std::int64_t block) const { return first_k(block + 1) - first_k(block); }
  std::int64_t deepest() const { return (k + k_blocks() - 1) / k_blocks(); }

  std::int64_t packed_rows_size() const { return m * k; }
  std::int64_t packed_rows_offset(std::int64_t block, std::int64_t panel) const {
    return m * first_k(block) + first_row(panel) * depth(block);
  }
  std::int64_t packed_columns_size() const { return padded_n() * k; }
  std::int64_t packed_columns_offset(std::int64_t block, std::int64_t panel) const {
    return padded_n() * first_k(block) + first_column(panel) * depth(block);
  }
};

/// A row-major matrix as an operand; `transposed` means that what is stored is its transpose.
struct Matrix {
  const float* data;
  std::int64_t stride;
  bool transposed;
};

/// Packs one panel of the left operand for one block of k.
void pack_row_panel(const InnerLoops& loops, const Panels& panels, const Matrix& left,
                    std::int64_t block, std::int64_t panel, float* packed) noexcept;

/// Packs one panel of the right operand, times `factor`, for one block of k.
void pack_column_panel(const InnerLoops& loops, const Panels& panels, const Matrix& right,
                       float factor, std::int64_t block, std::int64_t panel,
                       float* packed) noexcept;

/// Packs a whole operand.
void pack_rows(const InnerLoops& loops, const Panels& panels, const Matrix& left,
               float* packed) noexcept;
void pack_columns(const InnerLoops& loops, const Panels& panels, const Matrix& right, float factor,
                  float* packed) noexcept;

}  // namespace headway
