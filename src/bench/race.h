#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "bench/interrupt.h"
#include "bench/model_source.h"
#include "bench/results.h"

namespace headway::bench {

/// Where a race stands.
struct Progress {
  std::string_view phase;  ///< "preparing", "starting", "warming up", "racing".
  int generation = 0;      ///< Counted from 0.
  int generations = 0;     ///< As planned so far.
  double done = 0;         ///< From 0 to 1.
  std::int64_t elapsed_ns = 0;
};

/// Watches a race; the calls come between rounds, when no worker is awake.
class RaceObserver {
 public:
  virtual ~RaceObserver() = default;

  /// `rows` hold everything measured so far, the noise-floor control last; `active` is the row
  /// whose turn is next.
  virtual void progress(const Progress& progress, const std::vector<const RowResult*>& rows,
                        std::size_t active) = 0;
};

/// Races `rows` on `source`. Problems of single rows end in their results; throws Error only if no
/// race is possible (no temporary folder, no such input).
RaceResult run_race(const RaceOptions& options, const std::vector<RowSpec>& rows,
                    ModelSource& source, Interrupt& interrupt, RaceObserver& observer);

}  // namespace headway::bench
