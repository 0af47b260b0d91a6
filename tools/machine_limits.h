#pragma once

#include <map>
#include <vector>

#include "bench/results.h"

namespace headway {

/// What this machine can do at most on each number of threads, with the best instructions that it
/// has, whatever HEADWAY_ISA says. Takes about a second, in which nothing else may run.
std::map<int, bench::MachineLimits> measure_machine(const std::vector<int>& threads);

}  // namespace headway
