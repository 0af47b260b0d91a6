#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "kernels/integer/loops.h"
#include "kernels/isa/quantize_loops.h"

namespace headway {
namespace {

/// Of pairs of 16-bit integers: the sum of both products.
inline Bits multiply_pairs(Bits a, Bits b) {
#if defined(__AVX512F__)
  return reinterpret_cast<Bits>(
      _mm512_madd_epi16(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#elif defined(__AVX2__)
  return reinterpret_cast<Bits>(
      _mm256_madd_epi16(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
#elif defined(__SSE2__)
  return reinterpret_cast<Bits>(
      _mm_madd_epi16(reinterpret_cast<__m128i>(a), reinterpret_cast<__m128i>(b)));
#else
  return ((a << 16) >> 16) * ((b << 16) >> 16) + (a >> 16) * (b >> 16);
#endif
}

inline Bits load_bits(const void* p) {
  Bits v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

inline std::int32_t load_pair(const std::int16_t* p) {
  std::int32_t pair;
  __builtin_memcpy(&pair, p, sizeof pair);
  return pair;
}

template <int kRows>
void integer_rows(const IntegerTile& tile) {
  Bits sums[kRows][kIntegerVectors] = {};
  const std::int16_t* a = tile.a;
  const std::int16_t* b = tile.b;
  for (std::int64_t pair = 0; pair < tile.pairs; ++pair) {
    Bits columns[kIntegerVectors];
    for (int v = 0; v < kIntegerVectors; ++v) columns[v] = load_bits(b + v * 2 * kWidth);
#pragma GCC unroll 12
    for (int r = 0; r < kRows; ++r) {
      const Bits row = splat_bits(load_pair(a + r * tile.a_stride));
      for (int v = 0; v < kIntegerVectors; ++v) sums[r][v] += multiply_pairs(row, columns[v]);
    }
    a += 2;
    b += kIntegerVectors * 2 * kWidth;
  }
#pragma GCC unroll 12
  for (int r = 0; r < kRows; ++r) {
    __builtin_memcpy(tile.c + r * kIntegerVectors * kWidth, sums[r], sizeof sums[r]);
  }
}

/// A tile of any height as some whose sums stay in registers.
void integer_tile(const IntegerTile& whole) noexcept {
  constexpr int kHighest = kWidth == 16 ? 12 : 4;
  IntegerTile tile = whole;
  for (int left = whole.rows; left > 0;) {
    int taken = 1;
    if (left >= kHighest) {
      integer_rows<kHighest>(tile);
      taken = kHighest;
    } else if (left >= 4) {
      integer_rows<4>(tile);
      taken = 4;
    } else if (left >= 2) {
      integer_rows<2>(tile);
      taken = 2;
    } else {
      integer_rows<1>(tile);
    }
    left -= taken;
    tile.a += taken * tile.a_stride;
    tile.c += taken * kIntegerVectors * kWidth;
  }
}

inline Bits load_tap(const std::int16_t* p, std::int64_t stride) {
  if (stride == 1) return load_integers(p);
  Bits v{};
  for (int lane = 0; lane < kWidth; ++lane) v[lane] = p[lane * stride];
  return v;
}

/// The neighbour that a lane of a stride of 2 brings along is cut off.
inline Bits sum_of_taps(const IntegerTaps& taps, std::int64_t i) {
  Bits sum{};
  for (int pair = 0; pair < taps.pairs; ++pair) {
    const std::int16_t* low = taps.input + taps.offsets[2 * pair] + i * taps.stride;
    const std::int16_t* high = taps.input + taps.offsets[2 * pair + 1] + i * taps.stride;
    const Bits first = taps.stride == 2 ? load_bits(low) : load_tap(low, taps.stride);
    const Bits second = taps.stride == 2 ? load_bits(high) : load_tap(high, taps.stride);
    const Bits both = (first & 0xffff) | (second << 16);
    sum += multiply_pairs(both, splat_bits(load_pair(taps.weights + 2 * pair)));
  }
  return sum;
}

/// The last vector may overlap the one before.
void integer_taps(const IntegerTaps& taps) noexcept {
  const auto sum_at = [&](std::int64_t i) {
    const Bits sum = sum_of_taps(taps, i);
    __builtin_memcpy(taps.sums + i, &sum, sizeof sum);
  };
  if (taps.size >= kWidth) {
    for (std::int64_t i = 0; i + kWidth <= taps.size; i += kWidth) sum_at(i);
    if (taps.size % kWidth != 0) sum_at(taps.size - kWidth);
    return;
  }
  for (std::int64_t i = 0; i < taps.size; ++i) {
    std::uint32_t sum = 0;
    for (int tap = 0; tap < 2 * taps.pairs; ++tap) {
      sum += static_cast<std::uint32_t>(std::int32_t{taps.weights[tap]} *
                                        taps.input[taps.offsets[tap] + i * taps.stride]);
    }
    taps.sums[i] = static_cast<std::int32_t>(sum);
  }
}

template <typename T>
void centre_loop(std::int64_t size, const void* x, std::int64_t stride, const void* zero, int step,
                 std::int16_t* output) noexcept {
  const T* in = static_cast<const T*>(x);
  const T* points = static_cast<const T*>(zero);
  if (step == 0 && stride == 1) {
    const std::int16_t shift = points ? *points : 0;
    HEADWAY_INDEPENDENT
    for (std::int64_t i = 0; i < size; ++i) output[i] = static_cast<std::int16_t>(in[i] - shift);
    return;
  }
  for (std::int64_t i = 0; i < size; ++i) {
    output[i] = static_cast<std::int16_t>(in[i * stride] - (points ? points[i * step] : 0));
  }
}

CentreLoop centre(DType from) noexcept {
  if (from == DType::kInt8) return centre_loop<std::int8_t>;
  return from == DType::kUInt8 ? centre_loop<std::uint8_t> : nullptr;
}

/// output[2 i] = low[i · stride], output[2 i + 1] = high[i · stride]
void interleave(std::int64_t size, const std::int16_t* low, const std::int16_t* high,
                std::int64_t stride, std::int16_t* output) noexcept {
  std::int64_t i = 0;
  if (stride == 1) {
    for (; i + kWidth <= size; i += kWidth) {
      const Bits pairs = (load_integers(low + i) & 0xffff) | (load_integers(high + i) << 16);
      __builtin_memcpy(output + 2 * i, &pairs, sizeof pairs);
    }
  }
  for (; i < size; ++i) {
    output[2 * i] = low[i * stride];
    output[2 * i + 1] = high[i * stride];
  }
}

void gather_pairs(const IntegerPairs& pairs) noexcept {
  for (std::int64_t pair = 0; pair < pairs.pairs; ++pair) {
    const std::int16_t* low = pairs.input + pairs.offsets[2 * pair];
    const std::int16_t* high = pairs.input + pairs.offsets[2 * pair + 1];
    std::int16_t* output = pairs.output + pair * pairs.row;
    std::int64_t i = 0;
    for (; pairs.stride <= 2 && i < pairs.size && i + kWidth <= pairs.room; i += kWidth) {
      const std::int16_t *first = low + i * pairs.stride, *second = high + i * pairs.stride;
      const Bits a = pairs.stride == 1 ? load_integers(first) : load_bits(first);
      const Bits b = pairs.stride == 1 ? load_integers(second) : load_bits(second);
      const Bits both = (a & 0xffff) | (b << 16);
      __builtin_memcpy(output + 2 * i, &both, sizeof both);
    }
    for (; i < pairs.size; ++i) {
      output[2 * i] = low[i * pairs.stride];
      output[2 * i + 1] = high[i * pairs.stride];
    }
  }
}

}  // namespace
}  // namespace headway
