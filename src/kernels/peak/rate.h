#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace headway {

/// How much of something was done in a second, over repeated measurements.
struct Rate {
  double best = 0;
  double median = 0;
  double spread = 0;  ///< Interquartile range over median.
};

/// Not of an empty list.
Rate rate_of(std::vector<double> samples);

/// Work that can be repeated and timed.
struct Probe {
  std::function<void(std::int64_t passes)> run;  ///< Any number of passes, 0 included.
  double work = 0;                               ///< Of one pass, in the unit of the rate.
  bool prepare = true;  ///< Runs untimed for a moment before each sample: caches fill, clocks rise.
};

struct SamplingPlan {
  int repeats = 15;
  std::int64_t sample_ns = 5'000'000;  ///< Least time of a sample.
};

/// The rate of each probe. Every repeat takes one sample of all, so that a disturbance of the
/// machine touches them alike. `progress` is told the part that is done, up to 1.
std::vector<Rate> sample_rates(const std::vector<Probe>& probes, const SamplingPlan& plan,
                               const std::function<void(double)>& progress);

}  // namespace headway
