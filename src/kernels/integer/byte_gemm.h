#pragma once

#include <cstdint>
#include <vector>

#include "headway/dtype.h"

#include "kernels/context.h"
#include "kernels/integer/byte_loops.h"

namespace headway {

/// What is added to bytes of that dtype, modulo 256, to make them unsigned (or, from unsigned,
/// signed), which keeps differences: 128 or 0.
constexpr std::uint8_t flip_to_unsigned(DType dtype) noexcept {
  return dtype == DType::kInt8 ? 0x80 : 0;
}
constexpr std::uint8_t flip_to_signed(DType dtype) noexcept {
  return dtype == DType::kInt8 ? 0 : 0x80;
}

/// A zero point of unsigned elements, from one of `dtype`.
std::int32_t unsigned_zero(DType dtype, std::uint8_t zero) noexcept;

/// The right operand of a product of bytes, [k × n], cut into panels of columns that lie one after
/// the other: [fours of k × columns × 4] signed elements, then for each column the sum of its
/// elements less their zero points, and the zero point. Zeros fill up what is missing.
struct BytePanels {
  std::int64_t n, k;
  int width;  ///< Of a vector, in floats.

  std::int64_t fours() const noexcept { return (k + 3) / 4; }
  std::int64_t columns() const noexcept { return std::int64_t{kByteVectors} * width; }
  std::int64_t count() const noexcept { return (n + columns() - 1) / columns(); }
  std::int64_t panel_bytes() const noexcept { return (fours() + 2) * 4 * columns(); }
  std::int64_t bytes() const noexcept { return count() * panel_bytes(); }
};

/// A matrix of bytes, [k × n] row-major, and what is subtracted from its columns.
struct ByteMatrix {
  DType dtype = DType::kInt8;
  const void* data = nullptr;
  const void* zero = nullptr;  ///< Of the same dtype; null: nothing.
  int zero_step = 0;           ///< 0: one number for all columns.
};

void pack_byte_panels(const KernelContext& context, const BytePanels& panels, const ByteMatrix& b,
                      std::byte* packed) noexcept;

/// Whether a column of the signed elements has a zero point other than 0.
bool has_zero_points(const BytePanels& panels, const std::byte* packed) noexcept;

inline constexpr std::int64_t kAtOnce = 0;

/// The left operand, [m × k]: unsigned elements, rows of which may be read up to a whole four.
struct ByteRows {
  std::int64_t m = 0;
  const std::uint8_t* data = nullptr;
  std::int64_t stride = 0;
  std::int64_t runs = 1;                     ///< Of equal length, that k consists of.
  const std::int64_t* offsets = &kAtOnce;    ///< Where they begin.
  const std::int32_t* minus_zero = nullptr;  ///< Minus what is subtracted from each row's elements,
                                             ///< if that is not part of the starts.
  const std::int32_t* minus_sum = nullptr;   ///< Minus the sum of each row's elements; may be null
                                             ///< if no column of B has a zero point.
};

/// What becomes of the sums: 32-bit integers as they are, or bytes.
struct ByteEpilogue {
  DType to = DType::kInt32;
  /// Whole panels, one for each column:
  const std::int32_t* bias = nullptr;  ///< Null: none.
  const double* factor = nullptr;      ///< Not for kInt32.
  double zero = 0;
};

/// What the sums of each column (whole panels) begin with, if `zero` is subtracted from A: the bias
/// less what that zero point makes of B.
void start_sums(const BytePanels& panels, const std::byte* b, std::int32_t zero,
                const std::int32_t* bias, std::int32_t* starts) noexcept;

/// Rows [first, last) of C[m × n] = epilogue(A · B), panels of B from `panel` to before `end`.
void multiply_bytes(const InnerLoops& loops, const BytePanels& panels, const ByteRows& a,
                    std::int64_t first, std::int64_t last, const std::byte* b, std::int64_t panel,
                    std::int64_t end, const std::int32_t* starts, const ByteEpilogue& epilogue,
                    void* c, std::int64_t c_stride) noexcept;

/// All of it, dense, by all threads.
void byte_gemm(const KernelContext& context, const BytePanels& panels, const ByteRows& a,
               const std::byte* b, const std::int32_t* starts, const ByteEpilogue& epilogue,
               void* c) noexcept;

}  // namespace headway
