#pragma once

#include "kernels/isa/typed_loops.h"
#include "kernels/reduce/take_better.h"

namespace headway {
namespace {

template <typename T, bool kLargest, bool kLast>
void take_better_loop(std::int64_t size, const void* row, std::int32_t index, void* champions,
                      std::int32_t* indices) noexcept {
  const T* x = static_cast<const T*>(row);
  T* best = static_cast<T*>(champions);
  HEADWAY_INDEPENDENT
  for (std::int64_t i = 0; i < size; ++i) {
    const T here = x[i], champion = best[i];
    const bool better = kLargest ? (kLast ? here >= champion : here > champion)
                                 : (kLast ? here <= champion : here < champion);
    best[i] = better ? here : champion;
    indices[i] = better ? index : indices[i];
  }
}

template <typename T>
TakeBetterLoop take_better_of(bool largest, bool last) {
  if (largest) return last ? take_better_loop<T, true, true> : take_better_loop<T, true, false>;
  return last ? take_better_loop<T, false, true> : take_better_loop<T, false, false>;
}

TakeBetterLoop take_better(DType dtype, bool largest, bool last) noexcept {
  if (dtype == DType::kFloat32) return take_better_of<float>(largest, last);
  if (dtype == DType::kFloat64) return take_better_of<double>(largest, last);
  return with_integer(dtype, TakeBetterLoop{}, [&]<typename T>(std::type_identity<T>) {
    return take_better_of<T>(largest, last);
  });
}

/// See key_of in kernels/reduce/top_k.cpp.
std::uint32_t order_keys(bool largest, std::int64_t size, const float* input,
                         std::uint32_t* keys) noexcept {
  const std::uint32_t flip = largest ? 0 : ~0U;
  std::uint32_t best = 0;
  for (std::int64_t i = 0; i < size; ++i) {
    const float x = input[i] + 0.0F;
    const auto bits = __builtin_bit_cast(std::int32_t, x);
    const auto mask = static_cast<std::uint32_t>(bits >> 31) | 0x80000000U;
    const std::uint32_t ordered = (static_cast<std::uint32_t>(bits) ^ mask) ^ flip;
    const std::uint32_t key = x != x ? ~0U : ordered;
    keys[i] = key;
    best = key > best ? key : best;
  }
  return best;
}

}  // namespace
}  // namespace headway
