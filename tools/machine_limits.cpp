#include "machine_limits.h"

#include <algorithm>

#include "base/caches.h"
#include "kernels/peak/limits.h"
#include "progress_line.h"

namespace headway {

std::map<int, bench::MachineLimits> measure_machine(const std::vector<int>& threads) {
  ProgressLine line("measuring the machine's limits");
  const int counts = static_cast<int>(threads.size());
  const SamplingPlan plan{.repeats = std::clamp(40 / counts, 5, 20)};
  std::int64_t cache_bytes = 0;
  for (const Cache& cache : data_caches()) cache_bytes += cache.bytes * cache.count;
  std::map<int, bench::MachineLimits> result;
  for (const Limits& limits : measure_limits(threads, detect_cpu().best_isa(), plan,
                                             [&](double done) { line.show(done); }))
    result[limits.threads] = {limits.operations_per_second, limits.bytes_per_second, cache_bytes};
  return result;
}

}  // namespace headway
