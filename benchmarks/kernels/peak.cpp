#include "peak.h"

#include <algorithm>
#include <chrono>
#include <map>

namespace headway {
namespace {

constexpr int kChains = 12;  // more than latency × units of any of these processors
constexpr int kRounds = 200000;

// Vector arithmetic under a target attribute: this file itself is built for every processor.
template <typename Vector>
[[gnu::always_inline]] inline float multiply_add() {
  Vector sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = Vector{} + static_cast<float>(i);
  Vector factor = Vector{} + 0.999F;
  Vector addend = Vector{} + 1e-3F;
  for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) sums[i] = sums[i] * factor + addend;
  }
  benchmark::DoNotOptimize(sums[0]);
  float total = 0;
  for (const Vector& sum : sums) total += sum[0];
  return total;
}

using Vector4 = float __attribute__((vector_size(16)));
using Vector8 = float __attribute__((vector_size(32)));
using Vector16 = float __attribute__((vector_size(64)));

float multiply_add_portable() {
  return multiply_add<Vector4>();
}
#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] float multiply_add_avx2() {
  return multiply_add<Vector8>();
}
[[gnu::target("avx512f,fma")]] float multiply_add_avx512() {
  return multiply_add<Vector16>();
}
#endif

struct Loop {
  float (*run)();
  int width;
};

Loop loop_for(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::kAvx512) return {multiply_add_avx512, 16};
  if (isa == Isa::kAvx2) return {multiply_add_avx2, 8};
#endif
  (void)isa;
  return {multiply_add_portable, 4};
}

double measure(const Loop& loop) {
  double best = 0;
  for (int attempt = 0; attempt < 20; ++attempt) {
    const auto start = std::chrono::steady_clock::now();
    benchmark::DoNotOptimize(loop.run());
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    best = std::max(best, 2.0 * kRounds * kChains * loop.width / time.count());
  }
  return best;
}

}  // namespace

double peak_flops(Isa isa) {
  static std::map<Isa, double> measured;
  const auto [entry, is_new] = measured.try_emplace(isa);
  if (is_new) entry->second = measure(loop_for(isa));
  return entry->second;
}

void count_flops(benchmark::State& state, Isa isa, int threads, double flops) {
  const auto total = flops * static_cast<double>(state.iterations());
  state.counters["GFLOP/s"] = benchmark::Counter(total * 1e-9, benchmark::Counter::kIsRate);
  state.counters["of peak"] =
      benchmark::Counter(total / peak_flops(isa) / threads, benchmark::Counter::kIsRate);
}

}  // namespace headway
