#pragma once

#include <cstddef>
#include <span>
#include <string>

#include <nlohmann/json.hpp>

#include "bench/profile_summary.h"

namespace headway::bench {

/// What `headway profile` prints: facts, the `top` slowest groups (0: all) and, unless that is what
/// they are, the categories.
std::string profile_text(const ProfileReport& report, ProfileKey by, std::size_t top);

/// All of it, steps in execution order (docs/profile.md).
nlohmann::ordered_json profile_json(const ProfileReport& report);

/// The runs as Chrome trace events, which Perfetto and chrome://tracing show: one track per thread,
/// one slice per step.
nlohmann::ordered_json trace_json(const ProfileReport& report, std::span<const Profile> runs);

}  // namespace headway::bench
