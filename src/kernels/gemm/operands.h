#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/inner_loops.h"
#include "kernels/range.h"

namespace headway {

/// Columns whose activation follows while they are in the cache.
inline constexpr std::int64_t kActivatedColumns = 256;
inline constexpr std::int64_t kLineFloats = 16;  ///< Of a cache line.

inline std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

/// Elements of k that one A_i of a tile covers.
inline constexpr std::int64_t kGemmStep = 4;

/// A row-major matrix; `transposed` means that what is stored is its transpose.
struct GemmOperand {
  const float* data;
  std::int64_t stride;
  bool transposed;
};

/// The right operand of a product, [k × n], cut into panels of whole vectors that lie one after the
/// other, each with all of k. Zeros fill what is missing to whole vectors and steps.
struct ColumnPanels {
  std::int64_t n, k;
  int width, vectors;

  ColumnPanels(std::int64_t columns, std::int64_t depth, int vector_width)
      : n(columns), k(depth), width(vector_width), vectors(vectors_for(columns, vector_width)) {}

  /// Some columns, or some of k, of another operand, in panels as wide as its.
  ColumnPanels(std::int64_t columns, std::int64_t depth, const ColumnPanels& whole)
      : n(columns), k(depth), width(whole.width), vectors(whole.vectors) {}

  std::int64_t padded_k() const {
    return std::max(kGemmStep, (k + kGemmStep - 1) / kGemmStep * kGemmStep);
  }
  std::int64_t count() const { return (n + panel_columns() - 1) / panel_columns(); }
  std::int64_t panel_columns() const { return std::int64_t{vectors} * width; }
  std::int64_t first_column(std::int64_t panel) const { return panel * panel_columns(); }
  std::int64_t columns(std::int64_t panel) const {
    return std::min(panel_columns(), n - first_column(panel));
  }
  int vectors_of(std::int64_t panel) const {
    return static_cast<int>((columns(panel) + width - 1) / width);
  }
  std::int64_t offset(std::int64_t panel) const { return first_column(panel) * padded_k(); }
  std::int64_t size() const { return (n + width - 1) / width * width * padded_k(); }

 private:
  /// Two vectors let the highest tile load least per product; three leave no narrow rest.
  static int vectors_for(std::int64_t columns, int width) {
    const std::int64_t all = (columns + width - 1) / width;
    return static_cast<int>(
        std::clamp<std::int64_t>(all == 3 ? 3 : std::min<std::int64_t>(all, 2), 1, 3));
  }
};

/// Applies a function to these columns of these rows of a matrix of rows `stride` floats apart.
void activate_rows(const InnerLoops& loops, const Unary& function, Range rows, Range columns,
                   float* c, std::int64_t stride) noexcept;

/// Packs one panel of the right operand, times `factor`.
void pack_panel(const InnerLoops& loops, const ColumnPanels& panels, const GemmOperand& right,
                float factor, std::int64_t panel, float* packed) noexcept;

/// Elements of k that lie together in a packed row of the left operand: a cache line.
inline constexpr std::int64_t kRowChunk = 16;

/// Packs rows of the left operand, `depth` elements of k each, as [chunks of k × rows × kRowChunk],
/// the last chunk filled up with zeros.
void pack_row_tile(const InnerLoops& loops, const GemmOperand& left, std::int64_t first_row,
                   std::int64_t rows, std::int64_t first_k, std::int64_t depth, float* packed,
                   const float* ahead, std::int64_t lines_per_chunk) noexcept;

}  // namespace headway
