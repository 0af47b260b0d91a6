#include "kernels/peak/rate.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace headway {
namespace {

/// Linear interpolation between the two samples around `position`, from 0 to 1.
double quantile(const std::vector<double>& sorted, double position) {
  const double place = position * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - std::floor(place));
}

double seconds_of(const Probe& probe, std::int64_t passes) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  probe.run(passes);
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Passes that take at least the time of a sample.
std::int64_t calibrate(const Probe& probe, double sample_seconds) {
  std::int64_t passes = 1;
  for (;;) {
    const double taken = seconds_of(probe, passes);
    if (taken >= sample_seconds) return passes;
    const double missing = 1.1 * sample_seconds / std::max(taken, 1e-9);
    passes = static_cast<std::int64_t>(
        std::ceil(static_cast<double>(passes) * std::clamp(missing, 1.1, 10.0)));
  }
}

}  // namespace

Rate rate_of(std::vector<double> samples) {
  std::ranges::sort(samples);
  const double median = quantile(samples, 0.5);
  const double range = quantile(samples, 0.75) - quantile(samples, 0.25);
  return {samples.back(), median, range / median};
}

std::vector<Rate> sample_rates(const std::vector<Probe>& probes, const SamplingPlan& plan,
                               const std::function<void(double)>& progress) {
  std::vector<std::int64_t> passes;
  for (const Probe& probe : probes) {
    passes.push_back(calibrate(probe, static_cast<double>(plan.sample_ns) * 1e-9));
  }
  std::vector<std::vector<double>> samples(probes.size());
  for (int repeat = 0; repeat < plan.repeats; ++repeat) {
    for (std::size_t i = 0; i < probes.size(); ++i) {
      // No passes at all still wake the threads.
      probes[i].run(probes[i].prepare ? std::max<std::int64_t>(1, passes[i] / 8) : 0);
      const double work = probes[i].work * static_cast<double>(passes[i]);
      samples[i].push_back(work / seconds_of(probes[i], passes[i]));
    }
    progress((repeat + 1.0) / plan.repeats);
  }
  std::vector<Rate> rates;
  for (std::vector<double>& values : samples) rates.push_back(rate_of(std::move(values)));
  return rates;
}

}  // namespace headway
