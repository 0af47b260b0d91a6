#pragma once

#include <cstdint>

namespace headway {

/// The highest register tile of a product of bytes.
inline constexpr int kMaxByteRows = 12;

/// Columns of a tile, in vectors.
inline constexpr int kByteVectors = 2;

/// rows[r] · columns[n] added to element (r, n) of a tile; null: nothing is.
struct OuterProduct {
  const std::int32_t* rows = nullptr;
  const std::int32_t* columns = nullptr;
};

/// C[rows × kByteVectors · width] = A · B + start + corrections in 32-bit integers, which wrap
/// around. A is unsigned, B signed; elements of k come in fours, whose rows in A lie in `runs` of
/// neighbours, and in B as [runs × fours × columns × 4].
struct ByteTile {
  int rows = 1;  ///< 1 to kMaxByteRows.
  std::int64_t runs = 1, fours = 0;
  const std::uint8_t* a = nullptr;
  const std::int64_t* a_runs = nullptr;  ///< Where each run of row 0 begins.
  std::int64_t a_stride = 0;             ///< Of the rows, in bytes.
  const std::int8_t* b = nullptr;
  const std::int32_t* start = nullptr;  ///< One for each column.
  OuterProduct corrections[2];
  std::int32_t* c = nullptr;  ///< Dense.
};

/// Four rows (null: zeros) of `columns` bytes become one of a panel, and are added to its sums:
/// output[4 i + j] = rows[j][i] ^ flip.
struct ByteFour {
  std::int64_t columns = 0;
  const std::uint8_t* rows[4] = {};
  std::uint8_t flip = 0;
  std::int8_t* output = nullptr;
  std::int32_t* sums = nullptr;
};

/// sums[p · lanes + c] = start[c] + Σ_t weights(t, c) · input[offsets[t] + p · step + c], for whole
/// vectors of channels of which `channels` are there. Taps come in pairs, the last perhaps with a
/// weight of 0: weights are [vectors × pairs × width × 2].
struct ByteTaps {
  std::int64_t points = 0, step = 0, channels = 0, lanes = 0;
  int pairs = 0;
  const std::int64_t* offsets = nullptr;
  const std::uint8_t* input = nullptr;
  const std::int16_t* weights = nullptr;
  const std::int32_t* start = nullptr;
  std::int32_t* sums = nullptr;
};

/// output[column · output_stride + row] = input[row · input_stride + column] ^ flip
struct TransposedBytes {
  std::int64_t rows = 0, columns = 0, input_stride = 0, output_stride = 0;
  std::uint8_t flip = 0;
  const std::uint8_t* input = nullptr;
  std::uint8_t* output = nullptr;
};

/// Rows of sums to be made bytes: round(sums[i] · factor[i]) + zero, kept in range. `factor` may be
/// read up to a whole vector.
struct RequantizedRows {
  int rows = 1;
  std::int64_t columns = 0, sums_stride = 0, output_stride = 0;
  const std::int32_t* sums = nullptr;
  const double* factor = nullptr;
  double zero = 0;
  void* output = nullptr;
};
using RequantizeRows = void (*)(const RequantizedRows& rows) noexcept;

}  // namespace headway
