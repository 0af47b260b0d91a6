#pragma once

// One vector type for all instruction sets, for the translation units in kernels/isa/ only: they
// are compiled with flags the machine may not support, so everything here has internal linkage and
// no library function is used, lest the linker pick a copy with illegal instructions.

#include <cstdint>

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

namespace headway {
namespace {

#if defined(__AVX512F__)
constexpr int kWidth = 16;
#elif defined(__AVX2__)
constexpr int kWidth = 8;
#else
constexpr int kWidth = 4;
#endif

using Vector = float __attribute__((vector_size(kWidth * sizeof(float))));
using Bits = std::int32_t __attribute__((vector_size(kWidth * sizeof(float))));

inline Vector load(const float* p) {
  Vector v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

inline void store(float* p, Vector v) {
  __builtin_memcpy(p, &v, sizeof v);
}

/// Keeps the compiler from loading v again for each use, where loads are the bottleneck.
inline Vector in_register(Vector v) {
#if defined(__AVX512F__)
  asm("" : "+v"(v));
#elif defined(__AVX2__)
  asm("" : "+x"(v));
#endif
  return v;
}

inline Vector splat(float x) {
  return x - Vector{};
}

inline Bits splat_bits(std::int32_t x) {
  return x - Bits{};
}

inline Bits iota() {
  Bits lanes;
  for (int i = 0; i < kWidth; ++i) lanes[i] = i;
  return lanes;
}

/// The first n (0 to kWidth) elements, zeros after them; touches no memory beyond them.
inline Vector load_partial(const float* p, int n) {
#if defined(__AVX512F__)
  return reinterpret_cast<Vector>(_mm512_maskz_loadu_ps(static_cast<__mmask16>((1U << n) - 1), p));
#elif defined(__AVX2__)
  const Bits mask = iota() < splat_bits(n);
  return reinterpret_cast<Vector>(_mm256_maskload_ps(p, reinterpret_cast<__m256i>(mask)));
#else
  if (n == kWidth) return load(p);
  Vector v{};
  for (int i = 0; i < n; ++i) v[i] = p[i];
  return v;
#endif
}

inline void store_partial(float* p, Vector v, int n) {
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1U << n) - 1), reinterpret_cast<__m512>(v));
#elif defined(__AVX2__)
  const Bits mask = iota() < splat_bits(n);
  _mm256_maskstore_ps(p, reinterpret_cast<__m256i>(mask), reinterpret_cast<__m256>(v));
#else
  if (n == kWidth) return store(p, v);
  for (int i = 0; i < n; ++i) p[i] = v[i];
#endif
}

/// v with the lanes whose bit is set in `lanes` replaced by p[lane]; touches no other memory.
inline Vector load_lanes(Vector v, std::uint32_t lanes, const float* p) {
#if defined(__AVX512F__)
  return reinterpret_cast<Vector>(
      _mm512_mask_loadu_ps(reinterpret_cast<__m512>(v), static_cast<__mmask16>(lanes), p));
#elif defined(__AVX2__)
  const Bits mask = ((splat_bits(static_cast<std::int32_t>(lanes)) >> iota()) & 1) != 0;
  const auto loaded =
      reinterpret_cast<Vector>(_mm256_maskload_ps(p, reinterpret_cast<__m256i>(mask)));
  return mask ? loaded : v;
#else
  for (int i = 0; i < kWidth; ++i) {
    if (lanes >> i & 1) v[i] = p[i];
  }
  return v;
#endif
}

/// The same with p[lane * stride].
inline Vector load_lanes(Vector v, std::uint32_t lanes, const float* p, std::int64_t stride) {
  if (stride == 1) return load_lanes(v, lanes, p);
#if defined(__AVX512F__)
  if (stride == 2) {
    const std::uint32_t spread = _pdep_u32(lanes, 0x55555555);
    const Vector low = load_lanes(Vector{}, spread & 0xffff, p);
    const Vector high = load_lanes(Vector{}, spread >> 16, p + kWidth);
    const auto even = __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22,
                                              24, 26, 28, 30);
    return reinterpret_cast<Vector>(_mm512_mask_mov_ps(reinterpret_cast<__m512>(v),
                                                       static_cast<__mmask16>(lanes),
                                                       reinterpret_cast<__m512>(even)));
  }
#endif
  for (std::uint32_t rest = lanes; rest != 0; rest &= rest - 1) {
    const int lane = __builtin_ctz(rest);
    v[lane] = p[lane * stride];
  }
  return v;
}

inline Vector select(Bits mask, Vector yes, Vector no) {
  return mask ? yes : no;
}

/// max(x, bound), min(x, bound) where only x may be NaN, which then comes through.
inline Vector at_least(Vector x, Vector bound) {
#if defined(__AVX512F__)
  return reinterpret_cast<Vector>(
      _mm512_maskz_max_ps(0xffff, reinterpret_cast<__m512>(bound), reinterpret_cast<__m512>(x)));
#elif defined(__AVX2__)
  return reinterpret_cast<Vector>(
      _mm256_max_ps(reinterpret_cast<__m256>(bound), reinterpret_cast<__m256>(x)));
#else
  return select(bound > x, bound, x);
#endif
}
inline Vector at_most(Vector x, Vector bound) {
#if defined(__AVX512F__)
  return reinterpret_cast<Vector>(
      _mm512_maskz_min_ps(0xffff, reinterpret_cast<__m512>(bound), reinterpret_cast<__m512>(x)));
#elif defined(__AVX2__)
  return reinterpret_cast<Vector>(
      _mm256_min_ps(reinterpret_cast<__m256>(bound), reinterpret_cast<__m256>(x)));
#else
  return select(bound < x, bound, x);
#endif
}

/// A NaN in x or in y comes through, whichever operand it is.
inline Vector max(Vector x, Vector y) {
  return select(x != x, x, at_least(y, x));
}
inline Vector min(Vector x, Vector y) {
  return select(x != x, x, at_most(y, x));
}

inline Vector from_bits(Bits bits) {
  return reinterpret_cast<Vector>(bits);
}
inline Bits to_bits(Vector v) {
  return reinterpret_cast<Bits>(v);
}

inline Vector abs(Vector v) {
  return from_bits(to_bits(v) & splat_bits(0x7fffffff));
}

/// |x| with the sign bit of y.
inline Vector copy_sign(Vector x, Vector y) {
  return from_bits((to_bits(x) & splat_bits(0x7fffffff)) |
                   (to_bits(y) & splat_bits(static_cast<std::int32_t>(0x80000000U))));
}

inline Vector to_float(Bits v) {
  return __builtin_convertvector(v, Vector);
}

/// Rounds toward zero; elements beyond int32 give unspecified results.
inline Bits to_int(Vector v) {
  return __builtin_convertvector(v, Bits);
}

inline Vector square_root(Vector v) {
#if defined(__AVX512F__)
  return reinterpret_cast<Vector>(_mm512_maskz_sqrt_ps(0xffff, reinterpret_cast<__m512>(v)));
#elif defined(__AVX2__)
  return reinterpret_cast<Vector>(_mm256_sqrt_ps(reinterpret_cast<__m256>(v)));
#else
  for (int i = 0; i < kWidth; ++i) v[i] = __builtin_sqrtf(v[i]);
  return v;
#endif
}

/// Nearest integer, ties to even; exact for every finite float.
inline Vector round_to_even(Vector v) {
#if defined(__AVX512F__)
  return reinterpret_cast<Vector>(_mm512_maskz_roundscale_ps(
      0xffff, reinterpret_cast<__m512>(v), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#elif defined(__AVX2__)
  return reinterpret_cast<Vector>(
      _mm256_round_ps(reinterpret_cast<__m256>(v), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#else
  // Adding and taking away 2^23 leaves no room for a fraction.
  const Vector magic = copy_sign(splat(8388608.0F), v);
  const Vector rounded = copy_sign((v + magic) - magic, v);
  return select(abs(v) < splat(8388608.0F), rounded, v);
#endif
}

/// v · 2^exponent for an integral exponent; the result may be subnormal or infinite.
inline Vector scale_by_power(Vector v, Vector exponent) {
#if defined(__AVX512F__)
  return reinterpret_cast<Vector>(_mm512_maskz_scalef_ps(0xffff, reinterpret_cast<__m512>(v),
                                                         reinterpret_cast<__m512>(exponent)));
#else
  // In two steps, each of which has a normal factor.
  const Bits whole = to_int(exponent);
  const Bits half = whole >> 1;
  const Vector first = from_bits((half + 127) << 23);
  const Vector second = from_bits((whole - half + 127) << 23);
  return v * first * second;
#endif
}

inline int at_most_width(std::int64_t n) {
  return n < kWidth ? static_cast<int>(n) : kWidth;
}

}  // namespace
}  // namespace headway
