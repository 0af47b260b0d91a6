#pragma once

#include <cstdint>
#include <utility>

#include "kernels/isa/simd.h"

namespace headway {
namespace {

using Bytes = std::uint8_t __attribute__((vector_size(16)));

inline Bytes load_bytes(const std::uint8_t* p) {
  Bytes v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

/// Every third byte of 48, from byte kFirst on.
template <int kFirst, int... kLanes>
inline Bytes third_of(Bytes a, Bytes b, Bytes c, std::integer_sequence<int, kLanes...>) {
  const Bytes start =
      __builtin_shufflevector(a, b, (3 * kLanes + kFirst < 32 ? 3 * kLanes + kFirst : 0)...);
  return __builtin_shufflevector(start, c,
                                 (3 * kLanes + kFirst < 32 ? kLanes : 3 * kLanes + kFirst - 16)...);
}

/// Bytes kFirst to kFirst + 15 of a[0], b[0], c[0], a[1], …
template <int kFirst, int... kLanes>
inline Bytes joined(Bytes a, Bytes b, Bytes c, std::integer_sequence<int, kLanes...>) {
  const Bytes start = __builtin_shufflevector(
      a, b, ((kFirst + kLanes) / 3 + ((kFirst + kLanes) % 3 == 1 ? 16 : 0))...);
  return __builtin_shufflevector(
      start, c, ((kFirst + kLanes) % 3 == 2 ? 16 + (kFirst + kLanes) / 3 : kLanes)...);
}

void split_triples(std::int64_t size, const std::uint8_t* input, std::uint8_t* output,
                   std::int64_t stride) noexcept {
  constexpr std::make_integer_sequence<int, 16> kLanes;
  std::int64_t i = 0;
  for (; i + 16 <= size; i += 16) {
    const Bytes a = load_bytes(input + 3 * i), b = load_bytes(input + 3 * i + 16),
                c = load_bytes(input + 3 * i + 32);
    const Bytes planes[] = {third_of<0>(a, b, c, kLanes), third_of<1>(a, b, c, kLanes),
                            third_of<2>(a, b, c, kLanes)};
    for (int j = 0; j < 3; ++j) __builtin_memcpy(output + j * stride + i, planes + j, 16);
  }
  for (; i < size; ++i) {
    for (int j = 0; j < 3; ++j) output[j * stride + i] = input[3 * i + j];
  }
}

void join_triples(std::int64_t size, const std::uint8_t* input, std::int64_t stride,
                  std::uint8_t* output) noexcept {
  constexpr std::make_integer_sequence<int, 16> kLanes;
  std::int64_t i = 0;
  for (; i + 16 <= size; i += 16) {
    const Bytes a = load_bytes(input + i), b = load_bytes(input + stride + i),
                c = load_bytes(input + 2 * stride + i);
    const Bytes pixels[] = {joined<0>(a, b, c, kLanes), joined<16>(a, b, c, kLanes),
                            joined<32>(a, b, c, kLanes)};
    __builtin_memcpy(output + 3 * i, pixels, 48);
  }
  for (; i < size; ++i) {
    for (int j = 0; j < 3; ++j) output[3 * i + j] = input[j * stride + i];
  }
}

}  // namespace
}  // namespace headway
