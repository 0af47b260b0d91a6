#include "peak.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <vector>

#include "base/thread_pool.h"

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

double measure_copy(std::int64_t bytes, int threads) {
  ThreadPool pool(threads);
  const auto pages = static_cast<std::size_t>(bytes / 2 / 4096 + 1);
  std::vector<char> from(pages * 4096, 1), to(pages * 4096, 1);
  const auto copy = [&](std::int64_t first, std::int64_t last, int) {
    std::memcpy(to.data() + first * 4096, from.data() + first * 4096,
                static_cast<std::size_t>(last - first) * 4096);
  };
  double best = 0;
  const std::int64_t rounds = (std::int64_t{1} << 26) / bytes + 1;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const auto start = std::chrono::steady_clock::now();
    for (std::int64_t round = 0; round < rounds; ++round) {
      pool.parallel_for(static_cast<std::int64_t>(pages), copy);
      benchmark::ClobberMemory();
    }
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(rounds * bytes) / time.count());
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

double copy_bandwidth(std::int64_t bytes, int threads) {
  static std::map<std::pair<std::int64_t, int>, double> measured;
  const auto [entry, is_new] = measured.try_emplace({bytes, threads});
  if (is_new) entry->second = measure_copy(bytes, threads);
  return entry->second;
}

void count_bytes(benchmark::State& state, int threads, std::int64_t bytes) {
  const auto total = static_cast<double>(bytes * state.iterations());
  state.counters["GB/s"] = benchmark::Counter(total * 1e-9, benchmark::Counter::kIsRate);
  state.counters["of copy"] =
      benchmark::Counter(total / copy_bandwidth(bytes, threads), benchmark::Counter::kIsRate);
}

}  // namespace headway
