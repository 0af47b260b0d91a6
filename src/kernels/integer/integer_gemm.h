#pragma once

#include <cstdint>
#include <span>

#include "headway/dtype.h"

#include "kernels/context.h"
#include "kernels/inner_loops.h"

namespace headway {

/// The right operand of a product of 16-bit integers, [k × n], cut into panels of columns that lie
/// one after the other, each [pairs of k × columns × 2]; zeros fill up what is missing.
struct IntegerPanels {
  std::int64_t n, k;
  int width;  ///< Of a vector.

  std::int64_t pairs() const noexcept { return (k + 1) / 2; }
  std::int64_t columns() const noexcept { return std::int64_t{kIntegerVectors} * width; }
  std::int64_t count() const noexcept { return (n + columns() - 1) / columns(); }
  std::int64_t panel_size() const noexcept { return pairs() * 2 * columns(); }
  std::int64_t size() const noexcept { return count() * panel_size(); }
};

/// A matrix of 8-bit integers and what is subtracted from it: nothing, one number, or one for each
/// row (of a left operand) or column (of a right one).
struct CentredMatrix {
  DType dtype = DType::kUInt8;
  const void* data = nullptr;
  const void* zero = nullptr;  ///< Of the same dtype; null: nothing.
  int zero_step = 0;           ///< 0: one number.
};

/// Packs one panel of B, stored row-major [k × n].
void pack_integer_panel(const InnerLoops& loops, const IntegerPanels& panels,
                        const CentredMatrix& b, std::int64_t panel, std::int16_t* packed) noexcept;

/// A [m × k], row-major, centred, each row filled up with a zero to whole pairs.
void centre_rows(const KernelContext& context, const CentredMatrix& a, std::int64_t m,
                 std::int64_t k, std::int16_t* centred) noexcept;

/// What becomes of the sums: 32-bit integers as they are, or 8-bit ones.
struct IntegerEpilogue {
  DType to = DType::kInt32;
  const std::int32_t* bias = nullptr;  ///< Steps like `factor`.
  const double* factor = nullptr;      ///< Not for kInt32.
  bool by_rows = false;                ///< One factor (and bias) for each row of the result,
  bool by_columns = false;             ///< for each column, or one for all.
  double zero = 0;
};

/// Columns [first, first + count) of a row of sums, to be finished into row `row` of the result.
void finish_sums(const InnerLoops& loops, const IntegerEpilogue& epilogue, std::int64_t row,
                 std::int64_t first, std::int64_t count, const std::int32_t* sums,
                 void* output_row) noexcept;

/// C[m × n] = epilogue(A · B) with A from centre_rows and B's panels one after the other.
void integer_gemm(const KernelContext& context, const IntegerPanels& panels, std::int64_t m,
                  const std::int16_t* a, const std::int16_t* b, const IntegerEpilogue& epilogue,
                  void* c) noexcept;

}  // namespace headway
