#pragma once

#include "kernels/isa/simd.h"
#include "kernels/movement/lanes.h"

namespace headway {
namespace {

inline Bits load_pick(const LanePick& pick) {
  Bits from;
  __builtin_memcpy(&from, pick.from, sizeof from);
  return from;
}

/// v with lane l replaced by source[from[l]] where from[l] is not negative.
inline Vector take_lanes(Vector v, Bits from, Vector source) {
#if defined(__AVX512F__)
  const auto index = reinterpret_cast<__m512i>(from);
  return reinterpret_cast<Vector>(_mm512_mask_permutexvar_ps(
      reinterpret_cast<__m512>(v), _knot_mask16(_mm512_movepi32_mask(index)), index,
      reinterpret_cast<__m512>(source)));
#elif defined(__AVX2__)
  const __m256 moved =
      _mm256_permutevar8x32_ps(reinterpret_cast<__m256>(source), reinterpret_cast<__m256i>(from));
  return reinterpret_cast<Vector>(
      _mm256_blendv_ps(moved, reinterpret_cast<__m256>(v), reinterpret_cast<__m256>(from)));
#else
  for (int i = 0; i < kWidth; ++i) {
    if (from[i] >= 0) v[i] = source[from[i]];
  }
  return v;
#endif
}

/// A run of pixels that shares the loading of each pick.
template <int kPixels>
inline void select_pixels(const LaneSelection& selection, std::int64_t first) {
  Vector pixels[kPixels] = {};
  for (int i = 0; i < selection.count; ++i) {
    const Bits from = load_pick(selection.picks[i]);
    const float* source = selection.sources[i] + first * kWidth;
#pragma GCC unroll 8
    for (int p = 0; p < kPixels; ++p) {
      pixels[p] = take_lanes(pixels[p], from, load(source + p * kWidth));
    }
  }
  float* output = selection.output + first * kWidth;
#pragma GCC unroll 8
  for (int p = 0; p < kPixels; ++p) store(output + p * kWidth, pixels[p]);
}

void select_lanes(const LaneSelection& selection) noexcept {
  constexpr int kRun = 8;
  std::int64_t pixel = 0;
  for (; pixel + kRun <= selection.pixels; pixel += kRun) select_pixels<kRun>(selection, pixel);
  for (; pixel < selection.pixels; ++pixel) select_pixels<1>(selection, pixel);
}

void double_elements(std::int64_t size, const float* input, float* output, float* copy) noexcept {
  for (std::int64_t i = 0; i < size; i += kWidth) {
    const int width = at_most_width(size - i);
    const Vector v = load_partial(input + i, width);
    Bits low, high;
    for (int lane = 0; lane < kWidth; ++lane) {
      low[lane] = lane / 2;
      high[lane] = kWidth / 2 + lane / 2;
    }
    const Vector first = take_lanes(v, low, v), second = take_lanes(v, high, v);
    const int in_first = width < kWidth / 2 ? 2 * width : kWidth, in_second = 2 * width - in_first;
    float* const targets[] = {output + 2 * i, copy + 2 * i};
    for (float* to : targets) {
      store_partial(to, first, in_first);
      store_partial(to + kWidth, second, in_second);
    }
  }
}

}  // namespace
}  // namespace headway
