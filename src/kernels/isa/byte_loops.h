#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "kernels/integer/byte_loops.h"
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

using Shorts = std::int16_t __attribute__((vector_size(kWidth * sizeof(float))));

/// Products of unsigned and signed bytes as pairs of 16-bit integers: exact everywhere.
struct PairProducts {
  static constexpr int kHighest = kWidth == 16 ? 12 : 4;
  struct Halves {
    Bits even, odd;
  };
  static Halves unsigned_bytes(Bits x) {
    return {x & splat_bits(0x00ff00ff), (x >> 8) & splat_bits(0x00ff00ff)};
  }
  static Halves signed_bytes(Bits x) {
    const auto shorts = reinterpret_cast<Shorts>(x);
    return {reinterpret_cast<Bits>((shorts << 8) >> 8), reinterpret_cast<Bits>(shorts >> 8)};
  }
  static Bits add(Bits sum, Halves a, Halves b) {
    return sum + multiply_pairs(a.even, b.even) + multiply_pairs(a.odd, b.odd);
  }
};

#if defined(__AVX2__)
/// One instruction for all of it (VNNI), which the flags of this file need not know.
struct DotProducts {
  static constexpr int kHighest = kWidth == 16 ? 12 : 6;
  static Bits unsigned_bytes(Bits x) { return x; }
  static Bits signed_bytes(Bits x) { return x; }
  static Bits add(Bits sum, Bits a, Bits b) {
#if defined(__AVX512F__)
    asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
#else
    asm("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
#endif
    return sum;
  }
};
#endif

inline std::int32_t load_four(const void* p) {
  std::int32_t four;
  __builtin_memcpy(&four, p, sizeof four);
  return four;
}

template <typename Products, int kRows>
void byte_rows(const ByteTile& tile) {
  Bits sums[kRows][kByteVectors];
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kByteVectors; ++v) sums[r][v] = load_bits(tile.start + v * kWidth);
  }
  const std::int8_t* b = tile.b;
  for (std::int64_t run = 0; run < tile.runs; ++run) {
    const std::uint8_t* a = tile.a + tile.a_runs[run];
    for (std::int64_t four = 0; four < tile.fours; ++four) {
      decltype(Products::signed_bytes(Bits{})) columns[kByteVectors];
      for (int v = 0; v < kByteVectors; ++v)
        columns[v] = Products::signed_bytes(load_bits(b + v * 4 * kWidth));
#pragma GCC unroll 12
      for (int r = 0; r < kRows; ++r) {
        const auto row = Products::unsigned_bytes(splat_bits(load_four(a + r * tile.a_stride)));
        for (int v = 0; v < kByteVectors; ++v)
          sums[r][v] = Products::add(sums[r][v], row, columns[v]);
      }
      a += 4;
      b += kByteVectors * 4 * kWidth;
    }
  }
  for (const OuterProduct& correction : tile.corrections) {
    if (correction.rows == nullptr) continue;
    for (int v = 0; v < kByteVectors; ++v) {
      const Bits factor = load_bits(correction.columns + v * kWidth);
#pragma GCC unroll 12
      for (int r = 0; r < kRows; ++r) sums[r][v] += splat_bits(correction.rows[r]) * factor;
    }
  }
#pragma GCC unroll 12
  for (int r = 0; r < kRows; ++r)
    __builtin_memcpy(tile.c + r * kByteVectors * kWidth, sums[r], sizeof sums[r]);
}

template <typename Products, int kRows = 1>
void byte_rows_of(const ByteTile& tile, int rows) {
  if constexpr (kRows < Products::kHighest) {
    if (rows > kRows) return byte_rows_of<Products, kRows + 1>(tile, rows);
  }
  byte_rows<Products, kRows>(tile);
}

/// A tile of any height as some of about the same, whose sums stay in registers.
template <typename Products>
void byte_tile(const ByteTile& whole) noexcept {
  ByteTile tile = whole;
  for (int parts = (whole.rows + Products::kHighest - 1) / Products::kHighest; parts > 0; --parts) {
    const int taken = (tile.rows + parts - 1) / parts;
    byte_rows_of<Products>(tile, taken);
    tile.rows -= taken;
    tile.a += taken * tile.a_stride;
    tile.c += taken * kByteVectors * kWidth;
    for (OuterProduct& correction : tile.corrections) {
      if (correction.rows != nullptr) correction.rows += taken;
    }
  }
}

inline Bits load_bytes(const std::uint8_t* row, std::int64_t i, int count) {
  return row == nullptr ? Bits{} : load_integers(row + i, count);
}

void pack_four(const ByteFour& four) noexcept {
  const std::uint32_t flip = four.flip * 0x01010101U;
  for (std::int64_t i = 0; i < four.columns; i += kWidth) {
    const int count = at_most_width(four.columns - i);
    Bits packed = load_bytes(four.rows[0], i, count);
    for (int j = 1; j < 4; ++j) packed |= load_bytes(four.rows[j], i, count) << (8 * j);
    std::uint32_t used = 0;
    for (int j = 0; j < 4; ++j) used |= four.rows[j] != nullptr ? 0xffU << (8 * j) : 0;
    packed ^= splat_bits(static_cast<std::int32_t>(flip & used));
    if (count < kWidth) packed &= iota() < splat_bits(count);
    __builtin_memcpy(four.output + 4 * i, &packed, sizeof packed);
    const Bits sums = PairProducts::add(load_bits(four.sums + i),
                                        PairProducts::unsigned_bytes(splat_bits(0x01010101)),
                                        PairProducts::signed_bytes(packed));
    __builtin_memcpy(four.sums + i, &sums, sizeof sums);
  }
}

/// output[i] = input[i] ^ flip; returns the sum of the results.
std::int32_t flip_bytes(std::int64_t size, const std::uint8_t* input, std::uint8_t flip,
                        std::uint8_t* output) noexcept {
  std::uint32_t sum = 0;
  HEADWAY_INDEPENDENT
  for (std::int64_t i = 0; i < size; ++i) {
    output[i] = input[i] ^ flip;
    sum += output[i];
  }
  return static_cast<std::int32_t>(sum);
}

std::int32_t sum_bytes(std::int64_t size, const std::uint8_t* input) noexcept {
  std::uint32_t sum = 0;
  for (std::int64_t i = 0; i < size; ++i) sum += input[i];
  return static_cast<std::int32_t>(sum);
}

/// Compilers make more of the general conversion than one instruction.
inline Bits widen_bytes(const std::uint8_t* p) {
#if defined(__AVX512F__)
  return reinterpret_cast<Bits>(
      _mm512_maskz_cvtepu8_epi32(0xffff, _mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
#elif defined(__AVX2__)
  return reinterpret_cast<Bits>(
      _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
#else
  return load_integers(p);
#endif
}

void byte_taps(const ByteTaps& taps) noexcept {
  for (std::int64_t c = 0; c < taps.channels; c += kWidth) {
    const int count = at_most_width(taps.channels - c);
    const std::int16_t* weights = taps.weights + c * taps.pairs * 2;
    const Bits start = load_bits(taps.start + c);
    for (std::int64_t p = 0; p < taps.points; ++p) {
      const std::uint8_t* input = taps.input + p * taps.step + c;
      Bits sum = start;
      for (int pair = 0; pair < taps.pairs; ++pair) {
        const std::uint8_t* low = input + taps.offsets[2 * pair];
        const std::uint8_t* high = input + taps.offsets[2 * pair + 1];
        const Bits first = count == kWidth ? widen_bytes(low) : load_integers(low, count);
        const Bits second = count == kWidth ? widen_bytes(high) : load_integers(high, count);
        sum += multiply_pairs(first | (second << 16), load_bits(weights + pair * 2 * kWidth));
      }
      __builtin_memcpy(taps.sums + p * taps.lanes + c, &sum, sizeof sum);
    }
  }
}

using Sixteen = std::uint8_t __attribute__((vector_size(16)));

/// Each round interleaves rows i and i + 8; after four of them columns have become rows.
inline void transpose_sixteen(Sixteen (&rows)[16]) {
#pragma GCC unroll 4
  for (int round = 0; round < 4; ++round) {
    Sixteen next[16];
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      next[2 * i] = __builtin_shufflevector(rows[i], rows[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20,
                                            5, 21, 6, 22, 7, 23);
      next[2 * i + 1] = __builtin_shufflevector(rows[i], rows[i + 8], 8, 24, 9, 25, 10, 26, 11, 27,
                                                12, 28, 13, 29, 14, 30, 15, 31);
    }
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) rows[i] = next[i];
  }
}

/// At most 16 × 16 of them.
inline void transpose_corner(const TransposedBytes& bytes, std::int64_t row, std::int64_t column) {
  const auto rows = static_cast<int>(bytes.rows - row < 16 ? bytes.rows - row : 16);
  const auto columns =
      static_cast<std::size_t>(bytes.columns - column < 16 ? bytes.columns - column : 16);
  const std::uint8_t* from = bytes.input + row * bytes.input_stride + column;
  std::uint8_t* to = bytes.output + column * bytes.output_stride + row;
  Sixteen block[16] = {};
  if (rows == 16 && columns == 16) {
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i)
      __builtin_memcpy(&block[i], from + i * bytes.input_stride, sizeof block[i]);
  } else {
    for (int i = 0; i < rows; ++i)
      __builtin_memcpy(&block[i], from + i * bytes.input_stride, columns);
  }
  transpose_sixteen(block);
  const Sixteen flip = Sixteen{} + bytes.flip;
  if (rows == 16 && columns == 16) {
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) {
      block[i] ^= flip;
      __builtin_memcpy(to + i * bytes.output_stride, &block[i], sizeof block[i]);
    }
    return;
  }
  for (std::size_t i = 0; i < columns; ++i) {
    block[i] ^= flip;
    __builtin_memcpy(to + static_cast<std::int64_t>(i) * bytes.output_stride, &block[i],
                     static_cast<std::size_t>(rows));
  }
}

/// The last whole block may overlap the one before.
inline std::int64_t block_start(std::int64_t at, std::int64_t size) {
  return size < 16 || at + 16 <= size ? at : size - 16;
}

void transpose_bytes(const TransposedBytes& bytes) noexcept {
  constexpr std::int64_t kFewRows = 4;
  if (bytes.rows < kFewRows) {
    for (std::int64_t row = 0; row < bytes.rows; ++row) {
      const std::uint8_t* from = bytes.input + row * bytes.input_stride;
      std::uint8_t* to = bytes.output + row;
      for (std::int64_t column = 0; column < bytes.columns; ++column)
        to[column * bytes.output_stride] = from[column] ^ bytes.flip;
    }
    return;
  }
  for (std::int64_t column = 0; column < bytes.columns; column += 16) {
    for (std::int64_t row = 0; row < bytes.rows; row += 16)
      transpose_corner(bytes, block_start(row, bytes.rows), block_start(column, bytes.columns));
  }
}

#if defined(__AVX512F__)
/// Eight sums, rounded to even and kept between the bounds.
inline __m256i requantized(__m256i sums, __m512d factor, __m512d low, __m512d high) {
  const __m512d scaled = _mm512_mul_pd(_mm512_maskz_cvtepi32_pd(0xff, sums), factor);
  const __m512d bounded = _mm512_maskz_min_pd(0xff, _mm512_maskz_max_pd(0xff, scaled, low), high);
  return _mm512_maskz_cvtpd_epi32(0xff, bounded);
}

template <typename T>
void requantize_rows(const RequantizedRows& block) noexcept {
  const __m512d low = _mm512_set1_pd(Bounds<T>::kMin - block.zero);
  const __m512d high = _mm512_set1_pd(Bounds<T>::kMax - block.zero);
  const __m512i zero = _mm512_set1_epi32(static_cast<std::int32_t>(block.zero));
  for (std::int64_t i = 0; i < block.columns; i += kWidth) {
    const __m512d first = _mm512_loadu_pd(block.factor + i);
    const __m512d second = _mm512_loadu_pd(block.factor + i + 8);
    const auto mask = static_cast<__mmask16>((1U << at_most_width(block.columns - i)) - 1);
    for (int r = 0; r < block.rows; ++r) {
      const std::int32_t* sums = block.sums + r * block.sums_stride + i;
      const __m256i a = requantized(_mm256_maskz_loadu_epi32(static_cast<__mmask8>(mask), sums),
                                    first, low, high);
      const __m256i b = requantized(
          _mm256_maskz_loadu_epi32(static_cast<__mmask8>(mask >> 8), sums + 8), second, low, high);
      const __m512i both = _mm512_maskz_inserti64x4(0xff, _mm512_castsi256_si512(a), b, 1);
      _mm512_mask_cvtepi32_storeu_epi8(static_cast<T*>(block.output) + r * block.output_stride + i,
                                       mask, _mm512_add_epi32(both, zero));
    }
  }
}
#else
/// The tie-breaking sum with 1.5 · 2^52 rounds to an integer, ties to even.
template <typename T>
void requantize_rows(const RequantizedRows& block) noexcept {
  constexpr double kMagic = 6755399441055744.0, kFar = 1e6;
  const double low = Bounds<T>::kMin, high = Bounds<T>::kMax, zero = block.zero;
  for (int r = 0; r < block.rows; ++r) {
    const std::int32_t* sums = block.sums + r * block.sums_stride;
    T* output = static_cast<T*>(block.output) + r * block.output_stride;
    HEADWAY_INDEPENDENT
    for (std::int64_t i = 0; i < block.columns; ++i) {
      double scaled = sums[i] * block.factor[i];
      scaled = scaled < -kFar ? -kFar : scaled;
      scaled = scaled > kFar ? kFar : scaled;
      double value = ((scaled + kMagic) - kMagic) + zero;
      value = value < low ? low : value;
      value = value > high ? high : value;
      output[i] = static_cast<T>(static_cast<std::int32_t>(value));
    }
  }
}
#endif

RequantizeRows requantize_rows_to(DType to) noexcept {
  if (to == DType::kInt8) return requantize_rows<std::int8_t>;
  return to == DType::kUInt8 ? requantize_rows<std::uint8_t> : nullptr;
}

}  // namespace
}  // namespace headway
