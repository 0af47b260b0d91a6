#pragma once

#include <cstdint>

namespace headway {

/// Pixels of one block of channels: output = act(input · scale + shift), lane by lane. The output
/// may be the input.
struct ScaledPixels {
  std::int64_t count = 0;
  const float* input = nullptr;
  const float* scale = nullptr;  ///< One vector.
  const float* shift = nullptr;  ///< One vector, or null for zeros.
  bool relu = false;
  float* output = nullptr;
};

}  // namespace headway
