#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace headway::bench {

/// An estimate and its 95 % confidence interval.
struct Interval {
  double estimate = 0;
  double low = 0;
  double high = 0;
};

/// Latencies of one stay of a worker on the processor.
struct RoundSamples {
  int block = 0;  ///< Rounds of the same block ran next to each other.
  std::vector<double> values;
};

/// Latencies of one process. Processes of the same generation ran at the same time.
struct ProcessSamples {
  int generation = 0;
  std::vector<RoundSamples> rounds;
};

/// Everything measured of one row: process, round, iteration.
using RowSamples = std::vector<ProcessSamples>;

/// Throws Error(kInvalidArgument) if there are no values.
double median(std::vector<double> values);

/// The same without a copy; reorders the values.
double median_in_place(std::span<double> values);

/// The smallest value that at least `fraction` of all do not exceed. Empty where a percentile would
/// be a story about a handful of samples: fewer than ten of them must lie beyond it.
std::optional<double> percentile(std::span<const double> values, double fraction);

/// All values of a row.
std::vector<double> flatten(const RowSamples& row);

/// Median latency: of each process the median, of these the geometric mean. The interval is a
/// hierarchical bootstrap's (process, round, iteration; Kalibera & Jones 2013). A race affords few
/// processes and blocks, and a plain bootstrap of few things is too sure of itself, so both levels
/// are widened by Student's t. Empty without samples.
std::optional<Interval> median_interval(const RowSamples& row, std::uint64_t seed);

/// Ratio of the medians of `row` to `base` over the blocks in which both ran, process by process,
/// and of these the geometric mean. Processes and blocks are resampled in pairs, so that what
/// disturbed both alike cancels. Empty if they share no block.
std::optional<Interval> ratio_interval(const RowSamples& row, const RowSamples& base,
                                       std::uint64_t seed);

/// Of ratios that were measured independently of each other, so that the logarithmic errors add in
/// quadrature. Empty if there are none.
std::optional<Interval> geometric_mean(std::span<const Interval> ratios);

/// What a ratio of latencies entitles one to say.
enum class Verdict { kFaster, kSlower, kIndistinguishable };

/// Faster or slower only if the interval lies beyond 1 by more than `noise_floor`, the factor (at
/// least 1) by which this machine lets a runtime differ from itself.
Verdict judge(const Interval& ratio, double noise_floor);

/// The factor, at least 1, that a race of a runtime against itself came out at. From a single
/// process its interval cannot know how much processes differ, so there the whole interval counts.
double noise_floor_of(const Interval& self_ratio, std::size_t processes);

}  // namespace headway::bench
