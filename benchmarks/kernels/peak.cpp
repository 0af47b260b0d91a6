#include "peak.h"

#include <algorithm>
#include <map>

#include "kernels/peak/meter.h"

namespace headway {
namespace {

double measure(PeakMeter& meter) {
  return meter.measure({}, [](double) {}).front().best;
}

double measure_flops(Isa isa) {
  PeakMeter meter(isa);
  for (const ArithmeticUnit& unit : arithmetic_units(detect_cpu(), isa)) {
    if (unit.dtype == DType::kFloat32 && unit.isa == isa) meter.add_arithmetic(unit, 1);
  }
  return measure(meter);
}

double measure_copy(std::int64_t bytes, int threads) {
  constexpr std::int64_t kUnit = 2 * kMemoryStep;
  PeakMeter meter(detect_cpu().best_isa());
  // Some level of cache or memory serves it; which one is the question.
  meter.add_copy({1, threads, std::max(bytes / threads / kUnit, std::int64_t{1}) * kUnit});
  return measure(meter);
}

}  // namespace

double peak_flops(Isa isa) {
  static std::map<Isa, double> measured;
  const auto [entry, is_new] = measured.try_emplace(isa);
  if (is_new) entry->second = measure_flops(isa);
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
