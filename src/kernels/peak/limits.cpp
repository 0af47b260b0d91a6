#include "kernels/peak/limits.h"

#include <algorithm>

#include "kernels/peak/meter.h"

namespace headway {

std::vector<Limits> measure_limits(const std::vector<int>& threads, Isa isa,
                                   const SamplingPlan& plan,
                                   const std::function<void(double)>& progress) {
  const auto units = arithmetic_units(detect_cpu(), isa);
  const auto unit = std::ranges::find_if(units, [&](const ArithmeticUnit& candidate) {
    return candidate.dtype == DType::kFloat32 && candidate.isa == isa;
  });
  PeakMeter meter(isa);
  for (const int count : threads) {
    meter.add_arithmetic(*unit, count);
    meter.add_read(memory_areas_here(count).back());
  }
  const std::vector<Rate> rates = meter.measure(plan, progress);
  std::vector<Limits> limits;
  for (std::size_t i = 0; i < threads.size(); ++i)
    limits.push_back({threads[i], rates[2 * i].best, rates[2 * i + 1].best});
  return limits;
}

}  // namespace headway
