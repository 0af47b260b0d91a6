#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/floor.h"
#include "bench/results.h"
#include "bench/statistics.h"

namespace headway::bench {

/// How a row ended.
enum class RowStatus {
  kOk,         ///< Measured, and agrees with the reference.
  kUnchecked,  ///< Measured, but there was no reference; no ratio.
  kDisagrees,  ///< Measured, but its outputs are wrong; no ratio.
  kFailed,     ///< Crashed, hung, refused; what was measured before stays.
  kMissing,    ///< The runtime is not installed.
};

/// "ok", "unchecked", "disagrees", "failed", "missing".
std::string_view name_of(RowStatus status) noexcept;

/// The figures of a row. Latencies are nanoseconds per sample of the batch.
struct RowSummary {
  const RowResult* row = nullptr;
  RowStatus status = RowStatus::kOk;
  std::size_t samples = 0;
  std::optional<Interval> median_ns;
  std::vector<std::optional<double>> percentiles_ns;  ///< One for each of RaceOptions::percentiles.
  std::optional<double> samples_per_second;
  std::optional<Interval> ratio;   ///< To the fastest row of its group; empty for that row itself.
  std::optional<Verdict> verdict;  ///< With `ratio`.
  bool fastest = false;
  std::optional<double> load_ns;  ///< Median over processes; per call, like the next.
  std::optional<double> first_ns;
  /// Median per sample on the device alone (DeviceTimes); empty for the CPU.
  std::optional<double> resident_ns, kernels_ns;
  std::optional<double> processor_per_wall;
  std::optional<double> of_peak;  ///< Floor over median; above 1 for less arithmetic than direct.
  std::int64_t peak_memory_bytes = 0;
  bool steady = true;
};

/// "fastest", "faster", "slower", "indistinguishable", or nothing if no claim can be made.
std::string_view verdict_of(const RowSummary& row) noexcept;

/// Rows that are compared with each other: as a user gets the runtimes, or each at its best.
struct SummaryGroup {
  bool tuned = false;
  std::vector<RowSummary> rows;
};

/// What a race says.
struct RaceSummary {
  std::vector<SummaryGroup> groups;
  std::optional<Floor> floor;
  std::optional<Interval> self_ratio;  ///< The A/A: the control against its twin.
  double noise_floor = 1;              ///< As a factor, at least 1.
  std::string recommendation;          ///< One sentence.
};

/// Fills in `fastest`, `ratio` and `verdict` of those rows that were measured and agree.
void rank(std::vector<RowSummary*> rows, double noise_floor, std::uint64_t seed);

/// The summary points into `race`. Deterministic.
RaceSummary summarize(const RaceResult& race);

}  // namespace headway::bench
