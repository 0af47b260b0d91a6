#pragma once

#include "kernels/isa/simd.h"
#include "kernels/sampling/loops.h"

namespace headway {
namespace {

/// p[offsets], zero where an offset is negative.
inline Vector gather(const float* p, Bits offsets) {
#if defined(__AVX512F__)
  const auto index = reinterpret_cast<__m512i>(offsets);
  const __mmask16 inside = _knot_mask16(_mm512_movepi32_mask(index));
  return reinterpret_cast<Vector>(
      _mm512_mask_i32gather_ps(_mm512_setzero_ps(), inside, index, p, 4));
#elif defined(__AVX2__)
  const Bits inside = offsets >= 0;
  return reinterpret_cast<Vector>(_mm256_mask_i32gather_ps(_mm256_setzero_ps(), p,
                                                           reinterpret_cast<__m256i>(offsets),
                                                           reinterpret_cast<__m256>(inside), 4));
#else
  Vector v{};
  for (int i = 0; i < kWidth; ++i) v[i] = offsets[i] < 0 ? 0.0F : p[offsets[i]];
  return v;
#endif
}

void sample_points(const SampledPoints& points) noexcept {
  for (std::int64_t i = 0; i < points.size; i += kWidth) {
    Vector sum{};
    for (std::int64_t tap = 0; tap < points.taps; ++tap) {
      const std::int64_t at = tap * points.stride + i;
      Bits offsets;
      __builtin_memcpy(&offsets, points.offsets + at, sizeof offsets);
      sum += load(points.weights + at) * gather(points.input, offsets);
    }
    const std::int64_t left = points.size - i;
    left >= kWidth ? store(points.output + i, sum)
                   : store_partial(points.output + i, sum, static_cast<int>(left));
  }
}

/// The taps of a point read the same channels of other pixels.
void sample_pixels(const SampledPixels& pixels) noexcept {
  for (std::int64_t i = 0; i < pixels.size; ++i) {
    for (std::int64_t channel = 0; channel < pixels.channels; channel += kWidth) {
      const int width = at_most_width(pixels.channels - channel);
      Vector sum{};
      for (std::int64_t tap = 0; tap < pixels.taps; ++tap) {
        const std::int64_t at = tap * pixels.stride + i, offset = pixels.offsets[at];
        if (offset < 0) continue;
        sum += pixels.weights[at] *
               load_partial(pixels.input + offset * pixels.pitch + channel, width);
      }
      store_partial(pixels.output + i * pixels.channels + channel, sum, width);
    }
  }
}

}  // namespace
}  // namespace headway
