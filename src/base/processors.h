#pragma once

#include <filesystem>
#include <optional>

namespace headway {

/// Processors this process may use at once: its affinity mask cut down to its cgroup CPU quota
/// (whole processors, because a pool wider than the quota is stalled by the kernel). At least 1.
int available_processors();

/// Processors in the affinity mask.
int affinity_processors();

/// The tightest CPU quota of the process's cgroup and its ancestors, in processors (for
/// example 1.5). Understands cgroup v2 and v1; empty if there is no quota. `root` replaces "/" in
/// tests.
std::optional<double> cgroup_quota(const std::filesystem::path& root = "/");

}  // namespace headway
