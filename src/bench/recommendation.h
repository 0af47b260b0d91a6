#pragma once

#include <cstdint>
#include <string>

#include "bench/summary.h"

namespace headway::bench {

/// One sentence: what to deploy on this machine and why. A tie is called a tie, and broken by first
/// inference and memory; nothing that disagreed or failed is recommended.
std::string recommend(const RaceSummary& summary, std::uint64_t seed);

}  // namespace headway::bench
