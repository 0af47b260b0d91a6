#pragma once

#include <span>
#include <string>
#include <vector>

#include "conformance/exclusions.h"
#include "conformance/run_all.h"

namespace headway::conformance {

/// Results held against the exclusions.
struct Verdict {
  std::vector<const Result*> failed;  ///< Not excluded.
  std::vector<const Result*> stale;   ///< Excluded, and yet they pass.

  bool all_is_well() const noexcept { return failed.empty() && stale.empty(); }
};

Verdict judge(std::span<const Result> results, const Exclusions& exclusions);

/// A table of what passed, failed and is left out, per label and path, and a line for each case
/// that failed or is excluded without need.
std::string summary_of(std::span<const Result> results, const Exclusions& exclusions);

/// Every case that does not pass, excluded or not, with its problem.
std::string failures_of(std::span<const Result> results);

/// The exclusions without those that no failing case needs, and with one more for each that has
/// none.
Exclusions updated(std::span<const Result> results, const Exclusions& exclusions);

}  // namespace headway::conformance
