#pragma once

#include "kernels/isa/simd.h"
#include "kernels/isa/typed_loops.h"

// Conversions between dtypes, as tensor/cast.h defines them.

namespace headway {
namespace {

template <typename T>
struct Bounds {
  static constexpr bool kSigned = std::is_signed_v<T>;
  static constexpr T kMax =
      static_cast<T>(static_cast<UnsignedOf<sizeof(T)>>(-1) >> (kSigned ? 1 : 0));
  static constexpr T kMin = kSigned ? static_cast<T>(-kMax - 1) : T{0};
};

/// Towards zero and into the range of To; NaN becomes 0.
template <typename To>
struct SaturateOf {
  template <typename From>
  static To of(From x) {
    constexpr From kEnd = static_cast<From>(Bounds<To>::kMax / 2 + 1) * 2;
    constexpr From kMin = static_cast<From>(Bounds<To>::kMin);
    const From number = x != x ? From{0} : x;
    const From bounded = number < kMin ? kMin : number;
    const bool beyond = bounded >= kEnd;
    const To inside = static_cast<To>(beyond ? From{0} : bounded);
    return beyond ? Bounds<To>::kMax : inside;
  }
};

template <typename To>
struct ConvertOf {
  template <typename From>
  static To of(From x) {
    return static_cast<To>(x);
  }
};

struct IsNotZeroOf {
  template <typename From>
  static bool of(From x) {
    return x != 0;
  }
};

/// An integer of as many bits or fewer is the low bits, signed or not.
template <typename From, typename To>
TypedUnaryLoop conversion() {
  if constexpr (std::is_same_v<To, bool>) {
    using Seen = std::conditional_t<kIsReal<From>, From, UnsignedOf<sizeof(From)>>;
    return typed_unary_loop<Seen, std::uint8_t, IsNotZeroOf>;
  } else if constexpr (kIsReal<From> && !kIsReal<To>) {
    return typed_unary_loop<From, To, SaturateOf<To>>;
  } else if constexpr (kIsReal<To>) {
    return typed_unary_loop<From, To, ConvertOf<To>>;
  } else {
    using Target = UnsignedOf<sizeof(To)>;
    using Source = std::conditional_t<sizeof(To) <= sizeof(From), UnsignedOf<sizeof(From)>, From>;
    return typed_unary_loop<Source, Target, ConvertOf<Target>>;
  }
}

/// Calls function with the type of a dtype that C++ has; a bool is read as a uint8.
template <typename Function>
TypedUnaryLoop with_type(DType dtype, Function function) {
  if (dtype == DType::kFloat32) return function(std::type_identity<float>{});
  if (dtype == DType::kFloat64) return function(std::type_identity<double>{});
  if (dtype == DType::kBool) return function(std::type_identity<bool>{});
  return with_integer(dtype, TypedUnaryLoop{}, function);
}

TypedUnaryLoop convert(DType from, DType to) noexcept {
  return with_type(from, [&]<typename From>(std::type_identity<From>) {
    using Source = std::conditional_t<std::is_same_v<From, bool>, std::uint8_t, From>;
    return with_type(to,
                     []<typename To>(std::type_identity<To>) { return conversion<Source, To>(); });
  });
}

/// See Float16 in headway/dtype.h.
struct HalfToFloatOf {
  static float of(std::uint16_t bits) {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
    const std::uint32_t magnitude = bits & 0x7fffU;
    // Scaling by a power of two makes subnormal numbers normal.
    const float scaled = __builtin_bit_cast(float, magnitude << 13) * 0x1p112F;
    const std::uint32_t special = magnitude >= 0x7c00U ? 0x7f800000U : 0U;
    return __builtin_bit_cast(float, __builtin_bit_cast(std::uint32_t, scaled) | special | sign);
  }
};

struct HalfOfFloat {
  static std::uint16_t of(float x) {
    const auto input = __builtin_bit_cast(std::uint32_t, x);
    const std::uint32_t sign = (input >> 16) & 0x8000U, magnitude = input & 0x7fffffffU;
    const std::uint32_t rounded = magnitude + 0xfffU + ((magnitude >> 13) & 1U);
    const std::uint32_t normal = (rounded - 0x38000000U) >> 13;
    // Adding half leaves no room for more than multiples of 2^-24.
    const float shifted = __builtin_bit_cast(float, magnitude) + 0.5F;
    const std::uint32_t subnormal = __builtin_bit_cast(std::uint32_t, shifted) - 0x3f000000U;
    const std::uint32_t special = magnitude > 0x7f800000U ? 0x7e00U : 0x7c00U;
    const std::uint32_t small = magnitude < 0x38800000U ? subnormal : normal;
    return static_cast<std::uint16_t>((magnitude >= 0x477ff000U ? special : small) | sign);
  }
};

struct BFloatToFloatOf {
  static float of(std::uint16_t bits) {
    return __builtin_bit_cast(float, static_cast<std::uint32_t>(bits) << 16);
  }
};

struct BFloatOfFloat {
  static std::uint16_t of(float x) {
    const auto input = __builtin_bit_cast(std::uint32_t, x);
    const std::uint32_t nan = (input >> 16) | 0x40U;
    const std::uint32_t number = (input + 0x7fffU + ((input >> 16) & 1U)) >> 16;
    return static_cast<std::uint16_t>((input & 0x7fffffffU) > 0x7f800000U ? nan : number);
  }
};

void halves_to_floats(std::int64_t size, const void* x, void* output) noexcept {
  const auto* in = static_cast<const std::uint16_t*>(x);
  auto* out = static_cast<float*>(output);
  std::int64_t i = 0;
#if defined(__AVX512F__)
  for (; i + kWidth <= size; i += kWidth) {
    const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + i));
    _mm512_storeu_ps(out + i, _mm512_maskz_cvtph_ps(0xffff, bits));
  }
#elif defined(__F16C__)
  for (; i + kWidth <= size; i += kWidth) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + i));
    _mm256_storeu_ps(out + i, _mm256_cvtph_ps(bits));
  }
#endif
  typed_unary_loop<std::uint16_t, float, HalfToFloatOf>(size - i, in + i, out + i);
}

void floats_to_halves(std::int64_t size, const void* x, void* output) noexcept {
  const auto* in = static_cast<const float*>(x);
  auto* out = static_cast<std::uint16_t*>(output);
  std::int64_t i = 0;
#if defined(__AVX512F__)
  for (; i + kWidth <= size; i += kWidth) {
    const __m256i bits = _mm512_maskz_cvtps_ph(0xffff, _mm512_loadu_ps(in + i),
                                               _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), bits);
  }
#elif defined(__F16C__)
  for (; i + kWidth <= size; i += kWidth) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i),
                     _mm256_cvtps_ph(_mm256_loadu_ps(in + i), _MM_FROUND_TO_NEAREST_INT));
  }
#endif
  typed_unary_loop<float, std::uint16_t, HalfOfFloat>(size - i, in + i, out + i);
}

TypedUnaryLoop half_to_float(DType half) noexcept {
  if (half == DType::kFloat16) return halves_to_floats;
  return half == DType::kBFloat16 ? typed_unary_loop<std::uint16_t, float, BFloatToFloatOf>
                                  : nullptr;
}

TypedUnaryLoop float_to_half(DType half) noexcept {
  if (half == DType::kFloat16) return floats_to_halves;
  return half == DType::kBFloat16 ? typed_unary_loop<float, std::uint16_t, BFloatOfFloat> : nullptr;
}

}  // namespace
}  // namespace headway
