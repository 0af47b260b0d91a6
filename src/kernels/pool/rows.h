#pragma once

#include <cstdint>

namespace headway {

/// One output row of a pooling: the maximum or sum over taps of rows prepared as for DepthwiseRow.
struct PoolRow {
  bool maximum = true;
  int taps = 0;
  const float* const* rows = nullptr;
  std::int64_t columns = 0;
  const float* factors = nullptr;  ///< Per column, for sums: 1 / elements counted.
  float* output = nullptr;
};

}  // namespace headway
