#pragma once

#include <cstdint>

namespace headway {

/// The highest register tile of a product of 16-bit integers.
inline constexpr int kMaxIntegerRows = 12;

/// Columns of a tile, in vectors.
inline constexpr int kIntegerVectors = 2;

/// C[rows × kIntegerVectors · width] = A · B in 32-bit integers, which wrap around. Elements of k
/// come in pairs: A's rows as they are, B as [pairs × columns × 2].
struct IntegerTile {
  int rows = 1;  ///< 1 to kMaxIntegerRows.
  std::int64_t pairs = 0;
  const std::int16_t* a = nullptr;
  std::int64_t a_stride = 0;  ///< In elements.
  const std::int16_t* b = nullptr;
  std::int32_t* c = nullptr;  ///< Dense.
};

/// sums[i] = Σ_t weights[t] · input[offsets[t] + i · stride], as 32-bit integers. Taps come in
/// pairs, the last with a weight of 0 where needed. An element more than the last may be read.
struct IntegerTaps {
  std::int64_t size = 0, stride = 1;
  int pairs = 0;
  const std::int16_t* weights = nullptr;
  const std::int64_t* offsets = nullptr;
  const std::int16_t* input = nullptr;
  std::int32_t* sums = nullptr;
};

/// What neighbouring points see, as the right operand of a tile: output[pair · row + 2 i] and the
/// element after it are input[offsets[2 pair] + i · stride] and input[offsets[2 pair + 1] + i ·
/// stride]. A vector more than `size` points may be read, and `room` points may be written.
struct IntegerPairs {
  std::int64_t size = 0, stride = 1, pairs = 0, room = 0, row = 0;
  const std::int64_t* offsets = nullptr;
  const std::int16_t* input = nullptr;
  std::int16_t* output = nullptr;
};

}  // namespace headway
