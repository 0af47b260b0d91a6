#pragma once

#include <span>
#include <string>
#include <vector>

#include "conformance/cases.h"

namespace headway::conformance {

/// The ways to run a case on this machine: "reference", then the instruction sets it has.
std::vector<std::string> all_paths();

/// What came of one case on one path.
struct Result {
  const Case* test = nullptr;
  std::string path;
  std::string problem;  ///< "" if it passed.

  bool passed() const noexcept { return problem.empty(); }
};

/// Runs every case on every path, `jobs` processes at a time, so that a case that crashes or hangs
/// costs only itself. Results are in the order of the cases, then of the paths. Call it before
/// any thread is started.
std::vector<Result> run_all(std::span<const Case> cases, std::span<const std::string> paths,
                            int jobs);

}  // namespace headway::conformance
