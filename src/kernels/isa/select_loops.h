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

/// The picks stay in registers.
template <int kCount>
inline void select_few(const LaneSelection& selection) {
  Bits from[kCount];
  const float* sources[kCount];
#pragma GCC unroll 4
  for (int i = 0; i < kCount; ++i) {
    from[i] = load_pick(selection.picks[i]);
    sources[i] = selection.sources[i];
  }
  for (std::int64_t at = 0; at < selection.pixels * kWidth; at += kWidth) {
    Vector v{};
#pragma GCC unroll 4
    for (int i = 0; i < kCount; ++i) v = take_lanes(v, from[i], load(sources[i] + at));
    store(selection.output + at, v);
  }
}

void select_lanes(const LaneSelection& selection) noexcept {
  switch (selection.count) {
    case 1:
      return select_few<1>(selection);
    case 2:
      return select_few<2>(selection);
    case 3:
      return select_few<3>(selection);
    case 4:
      return select_few<4>(selection);
    default:
      break;
  }
  for (std::int64_t at = 0; at < selection.pixels * kWidth; at += kWidth) {
    Vector v{};
    for (int i = 0; i < selection.count; ++i) {
      v = take_lanes(v, load_pick(selection.picks[i]), load(selection.sources[i] + at));
    }
    store(selection.output + at, v);
  }
}

}  // namespace
}  // namespace headway
