#pragma once

#include "kernels/isa/convert_loops.h"
#include "kernels/isa/reduce_loops.h"
#include "kernels/quantize/loops.h"

namespace headway {
namespace {

template <typename T>
struct NarrowedOf {
  typedef T Type __attribute__((vector_size(kWidth * sizeof(T))));
};
template <typename T>
using Narrowed = typename NarrowedOf<T>::Type;

template <typename T>
inline Bits load_integers(const T* p, int count) {
  Narrowed<T> v{};
  __builtin_memcpy(&v, p, static_cast<std::size_t>(count) * sizeof(T));
  return __builtin_convertvector(v, Bits);
}

template <typename T>
inline Bits load_integers(const T* p) {
  Narrowed<T> v;
  __builtin_memcpy(&v, p, sizeof v);
  return __builtin_convertvector(v, Bits);
}

template <typename T>
inline Vector quantized(Vector x, Vector scale, Bits zero) {
  const Vector rounded = round_to_even(x / scale);
  const Vector low = to_float(splat_bits(Bounds<T>::kMin) - zero);
  const Vector high = to_float(splat_bits(Bounds<T>::kMax) - zero);
  return at_most(at_least(rounded, low), high);
}

/// A NaN becomes 0, whatever the zero point.
template <typename T>
inline Narrowed<T> quantized_bits(Vector x, Vector scale, Bits zero) {
  const Vector bounded = quantized<T>(x, scale, zero);
  const Vector number = select(bounded != bounded, to_float(-zero), bounded);
  return __builtin_convertvector(to_int(number) + zero, Narrowed<T>);
}

template <typename T>
void quantize_loop(std::int64_t size, const float* x, const float* scale, const void* zero,
                   int step, void* output) noexcept {
  const T* points = static_cast<const T*>(zero);
  T* out = static_cast<T*>(output);
  Vector scales = splat(*scale);
  Bits zeros = splat_bits(points ? *points : 0);
  std::int64_t i = 0;
  for (; i + kWidth <= size; i += kWidth) {
    if (step != 0) scales = load(scale + i);
    if (step != 0 && points != nullptr) zeros = load_integers(points + i);
    const Narrowed<T> result = quantized_bits<T>(load(x + i), scales, zeros);
    __builtin_memcpy(out + i, &result, sizeof result);
  }
  const int rest = static_cast<int>(size - i);
  if (rest == 0) return;
  if (step != 0) scales = load_partial(scale + i, rest);
  if (step != 0 && points != nullptr) zeros = load_integers(points + i, rest);
  const Narrowed<T> result = quantized_bits<T>(load_partial(x + i, rest), scales, zeros);
  __builtin_memcpy(out + i, &result, static_cast<std::size_t>(rest) * sizeof(T));
}

QuantizeLoop quantize(DType to) noexcept {
  switch (to) {
    case DType::kInt8:
      return quantize_loop<std::int8_t>;
    case DType::kUInt8:
      return quantize_loop<std::uint8_t>;
    case DType::kInt16:
      return quantize_loop<std::int16_t>;
    case DType::kUInt16:
      return quantize_loop<std::uint16_t>;
    default:
      return nullptr;
  }
}

/// 32-bit integers are subtracted and multiplied in double, as they would lose digits in float.
template <typename T>
void dequantize_loop(std::int64_t size, const void* x, const float* scale, const void* zero,
                     int step, float* output) noexcept {
  using Number = std::conditional_t<sizeof(T) == 4, double, float>;
  const T* in = static_cast<const T*>(x);
  const T* points = static_cast<const T*>(zero);
  if (step == 0) {
    const auto shift = static_cast<Number>(points ? *points : T{0});
    const auto factor = static_cast<Number>(*scale);
    HEADWAY_INDEPENDENT
    for (std::int64_t i = 0; i < size; ++i) {
      output[i] = static_cast<float>((static_cast<Number>(in[i]) - shift) * factor);
    }
    return;
  }
  if (points == nullptr) {
    HEADWAY_INDEPENDENT
    for (std::int64_t i = 0; i < size; ++i) {
      output[i] = static_cast<float>(static_cast<Number>(in[i]) * static_cast<Number>(scale[i]));
    }
    return;
  }
  HEADWAY_INDEPENDENT
  for (std::int64_t i = 0; i < size; ++i) {
    const Number centred = static_cast<Number>(in[i]) - static_cast<Number>(points[i]);
    output[i] = static_cast<float>(centred * static_cast<Number>(scale[i]));
  }
}

DequantizeLoop dequantize(DType from) noexcept {
  switch (from) {
    case DType::kInt8:
    case DType::kInt4:
    case DType::kInt2:
      return dequantize_loop<std::int8_t>;
    case DType::kUInt8:
    case DType::kUInt4:
    case DType::kUInt2:
      return dequantize_loop<std::uint8_t>;
    case DType::kInt16:
      return dequantize_loop<std::int16_t>;
    case DType::kUInt16:
      return dequantize_loop<std::uint16_t>;
    case DType::kInt32:
      return dequantize_loop<std::int32_t>;
    default:
      return nullptr;
  }
}

/// NaN is passed over.
void range_of_row(std::int64_t size, const float* in, float* low, float* high) noexcept {
  Vector lowest = splat(*low), highest = splat(*high);
  std::int64_t i = 0;
  const auto widen = [&](Vector x) {
    lowest = at_most(lowest, x);
    highest = at_least(highest, x);
  };
  for (; i + kWidth <= size; i += kWidth) widen(load(in + i));
  for (; i < size; ++i) widen(splat(in[i]));
  *low = rotate_and_merge<MinStep>(lowest)[0];
  *high = rotate_and_merge<MaxStep>(highest)[0];
}

}  // namespace
}  // namespace headway
