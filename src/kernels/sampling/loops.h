#pragma once

#include <cstdint>

namespace headway {

/// The widest vector of any instruction set, in floats.
inline constexpr std::int64_t kWidestVector = 16;

/// output[i] = Σ_t weights[t · stride + i] · input[offsets[t · stride + i]], where a negative
/// offset adds nothing. `stride` is a multiple of kWidestVector, and there are offsets and weights
/// for as many points, of which `size` are written.
struct SampledPoints {
  std::int64_t size = 0, taps = 0, stride = 0;
  const std::int32_t* offsets = nullptr;
  const float* weights = nullptr;
  const float* input = nullptr;
  float* output = nullptr;
};

/// output[i · channels + c] = Σ_t weights[t · stride + i] · input[offsets[t · stride + i] · pitch +
/// c] for c < channels, where a negative offset adds nothing.
struct SampledPixels {
  std::int64_t size = 0, taps = 0, stride = 0, channels = 0, pitch = 0;
  const std::int32_t* offsets = nullptr;
  const float* weights = nullptr;
  const float* input = nullptr;
  float* output = nullptr;
};

}  // namespace headway
