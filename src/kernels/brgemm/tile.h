#pragma once

#include <compare>
#include <cstdint>

namespace headway {

enum class BrgemmActivation : std::uint8_t {
  kNone,
  kRelu,
  kClip,  ///< min(max(x, low), high) of the call.
};

/// One register tile of a batch-reduce matrix product (Georganas et al., "High-Performance Deep
/// Learning via a Single Building Block", 2019):
///
///   C[rows × vectors·width] = act( [C] + Σ_i A_i[rows × k] · B_i[k × vectors·width] + bias +
///   residual )
///
/// and, in passing, some x - y: the differences that the right operand of another product consists
/// of. A NaN comes through the activation. All strides are in floats. Rows may lie on several lines
/// of an image: row r is column r % line_rows of line r / line_rows.
struct BrgemmShape {
  int rows = 1;          ///< 1 to max_brgemm_rows.
  int vectors = 1;       ///< 1 to kMaxBrgemmVectors; output columns come in whole vectors,
  int last_columns = 0;  ///< except that only so many of the last one are written; 0 means all.
  int k = 1;             ///< Unrolled, so it should be small: 4 is enough to hide the loop.
  int line_rows = 1 << 30;
  std::int64_t a_row_stride = 0;  ///< Element (r, k) of A_i is at a + a_offsets[i] + its row + k.
  std::int64_t a_line_stride = 0;
  std::int64_t c_row_stride = 0;  ///< Of the residual, too.
  std::int64_t c_line_stride = 0;
  std::int64_t c_vector_stride = 0;  ///< From one vector of a row of C to the next.
  /// Cache lines per A_i that the second-level cache fetches meanwhile, from the call's `prefetch`
  /// on.
  int prefetch[2] = {};
  bool fetch_c = false;     ///< Whether C's lines are fetched while the sums are computed.
  bool accumulate = false;  ///< Adds to what C holds.
  bool bias = false;        ///< One per column, in whole vectors.
  bool residual = false;
  bool addend = false;  ///< Added, too; whole vectors of a row lie together, rows so far apart:
  std::int64_t addend_row_stride = 0;
  /// Each of six lines of rows has a B of its own: the value at 0, 1, -1, ∞, 2, -2 of the
  /// polynomial a + b·x + c·x² that B consists of, three vectors for each k. Needs vectors == 1 and
  /// no bias; sums are multiplied by the call's line_factors.
  bool at_points = false;
  int differences = 0;  ///< Vectors of x - y per A_i.
  BrgemmActivation activation = BrgemmActivation::kNone;

  auto operator<=>(const BrgemmShape&) const = default;
};

/// What one call works on; the generated code reads it by these offsets.
struct BrgemmCall {
  const float* a = nullptr;
  const std::int64_t* a_offsets = nullptr;  ///< In bytes, one per A_i.
  std::int64_t batch = 0;                   ///< How many A_i, at least 1.
  const float* b = nullptr;  ///< B_0, B_1, … one after the other, k · vectors · width floats each.
  float* c = nullptr;
  const float* residual = nullptr;  ///< Laid out like C, and may be C.
  const float* bias = nullptr;
  const float* addend = nullptr;
  const float *x = nullptr, *y = nullptr;
  float* difference = nullptr;  ///< batch · differences vectors; may be y.
  float low = 0, high = 0;
  const float* line_factors = nullptr;  ///< Six.
  const float* prefetch[2] = {};        ///< Null only if nothing is to be fetched.
};

}  // namespace headway
