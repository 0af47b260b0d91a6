#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "bench/random.h"
#include "bench/results.h"
#include "bench/statistics.h"

namespace headway::bench {

/// How long a worker stays on the processor before the next one's turn.
struct RoundPlan {
  std::int64_t warmup = 1;       ///< Unmeasured calls: the caches belonged to somebody else.
  std::int64_t iterations = 1;   ///< At most.
  std::int64_t duration_ns = 0;  ///< No further call after so long; 0 means no limit.
};

/// The order of a block: a random permutation followed by its mirror image (A B C C B A), so that a
/// drift of the machine that is linear over the block touches all rows alike.
std::vector<std::size_t> block_order(std::vector<std::size_t> rows, Random& random);

/// Unmeasured calls that take about as long as `target_ns`, at least one.
std::int64_t rewarm_calls(double latency_ns, double target_ns);

/// Splits a race into generations of fresh processes, blocks and rounds.
class Schedule {
 public:
  Schedule(const RaceOptions& options, std::size_t rows);

  /// Called once, with what the first generation's start (loads, first inferences, warm-up) took.
  /// Decides how many generations there will be.
  void first_start_took(std::int64_t nanoseconds);

  int generations() const noexcept { return generations_; }

  /// Time for warming up one process.
  std::int64_t warmup_limit() const noexcept;

  /// Time for measuring in generation `generation`, when `elapsed` of the race has passed. Empty if
  /// the race is not limited by time.
  std::optional<std::int64_t> measuring_time(int generation, std::int64_t elapsed) const noexcept;

  /// Blocks per generation if the user fixed iterations or duration; empty if the budget decides.
  std::optional<int> blocks() const noexcept { return blocks_; }

  /// The next round of a row that has `measured` samples from its previous rounds of this
  /// generation.
  RoundPlan plan(double latency_ns, std::int64_t measured) const;

 private:
  RaceOptions options_;
  std::int64_t rows_;
  int generations_ = 1;
  std::optional<int> blocks_;
  std::int64_t start_ns_ = 0;
};

/// Relative standard error of the ratio between two rows, quick and rough, from the blocks they
/// shared. Infinite with fewer than two.
double ratio_error(const RowSamples& row, const RowSamples& base);

/// The rows worth another round: those whose ratio is at least half as uncertain as the worst.
/// `errors[base]` is ignored; `base` is always included.
std::vector<std::size_t> worth_measuring(const std::vector<double>& errors, std::size_t base);

}  // namespace headway::bench
