#pragma once

#include <cstdint>

namespace headway {

/// Scores of one query and a block of keys on their way to weights.
struct AttentionRow {
  float* scores = nullptr;
  std::int64_t keys = 0;    ///< That the query sees, at least 1,
  std::int64_t padded = 0;  ///< and with those whose weights are 0.
  float scale = 1;
  float softcap = 0;            ///< As in AttentionShape.
  const float* mask = nullptr;  ///< Or none.
  int mask_step = 1;            ///< 0: the same for all keys.
  float largest = 0;            ///< The greatest score so far in base 2, this block included,
  float total = 0;              ///< and the sum of all weights relative to it.
};

/// output(row, i) = input(row, i) · factors[row]
struct ScaledRows {
  std::int64_t rows = 0, columns = 0;
  const float* input = nullptr;
  std::int64_t input_stride = 0;
  const float* factors = nullptr;
  float* output = nullptr;
  std::int64_t output_stride = 0;
};

}  // namespace headway
