#include "peak.h"

#include <map>

#include "kernels/peak/meter.h"

namespace headway {
namespace {

double measure(Isa isa) {
  PeakMeter meter(isa);
  for (const ArithmeticUnit& unit : arithmetic_units(detect_cpu(), isa)) {
    if (unit.dtype == DType::kFloat32 && unit.isa == isa) meter.add_arithmetic(unit, 1);
  }
  return meter.measure({}, [](double) {}).front().best;
}

}  // namespace

double peak_flops(Isa isa) {
  static std::map<Isa, double> measured;
  const auto [entry, is_new] = measured.try_emplace(isa);
  if (is_new) entry->second = measure(isa);
  return entry->second;
}

void count_flops(benchmark::State& state, Isa isa, int threads, double flops) {
  const auto total = flops * static_cast<double>(state.iterations());
  state.counters["GFLOP/s"] = benchmark::Counter(total * 1e-9, benchmark::Counter::kIsRate);
  state.counters["of peak"] =
      benchmark::Counter(total / peak_flops(isa) / threads, benchmark::Counter::kIsRate);
}

}  // namespace headway
