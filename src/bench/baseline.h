#pragma once

#include <string>
#include <vector>

#include "bench/report.h"
#include "bench/summary.h"

namespace headway::bench {

/// How a row's median latency compares with the same row of an older report.
struct BaselineChange {
  std::string race;  ///< Headline.
  std::string row;   ///< Title.
  Interval ratio;    ///< New latency / old latency.
  Verdict verdict = Verdict::kIndistinguishable;
};

/// Rows that both reports have (same model, batch, threads, device, runtime and tuning) and
/// measured. A change counts as one only if its interval lies beyond the noise floors of both races
/// and the change itself beyond `min_effect` (0.02 is 2 %).
std::vector<BaselineChange> compare_with_baseline(const Report& report, const Summaries& summaries,
                                                  const Json& baseline, double min_effect);

/// A table of the changes and one closing sentence.
std::string baseline_text(const std::vector<BaselineChange>& changes, double min_effect,
                          bool color);

}  // namespace headway::bench
