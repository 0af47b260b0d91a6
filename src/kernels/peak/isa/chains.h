#pragma once

// For the translation units of this folder only, like kernels/isa/simd.h and under its rules.

#include "kernels/isa/simd.h"
#include "kernels/peak/loops.h"

namespace headway {
namespace {

// Latency times units, at least, of the processors that have these instructions; and as few as the
// registers hold next to the operands.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int kChains = 16;
#else
constexpr int kChains = 14;
#endif

/// Runs `step(x)` for `rounds` rounds over all chains, then adds up their lanes.
template <typename Lanes, typename Step>
[[gnu::always_inline]] inline double run_chains(std::int64_t rounds, Step step) noexcept {
  using Lane = decltype(+Lanes{}[0]);
  Lanes sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = static_cast<Lane>(i) - Lanes{};
  for (std::int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) sums[i] = step(sums[i]);
  }
  double total = 0;
  for (const Lanes& sum : sums) {
    for (int lane = 0; lane < kWidth; ++lane) total += sum[lane];
  }
  return total;
}

/// A dot product of `terms` products per lane; 1 for a plain multiply-add.
constexpr ArithmeticLoop arithmetic_loop(const char* instruction, int terms,
                                         double (*run)(std::int64_t, float, float) noexcept) {
  return {instruction, std::int64_t{2} * terms * kWidth * kChains, kChains, kWidth, run};
}

}  // namespace
}  // namespace headway
