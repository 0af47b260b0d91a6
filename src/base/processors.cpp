#include "base/processors.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <sched.h>

namespace headway {
namespace {

namespace fs = std::filesystem;

std::optional<double> quota_v2(const fs::path& folder) {
  std::ifstream file(folder / "cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return std::nullopt;
  return std::strtod(quota.c_str(), nullptr) / period;
}

std::optional<double> quota_v1(const fs::path& folder) {
  double quota = -1;
  double period = 0;
  std::ifstream(folder / "cpu.cfs_quota_us") >> quota;
  std::ifstream(folder / "cpu.cfs_period_us") >> period;
  if (quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

/// One line of /proc/self/cgroup: "<id>:<controllers>:<path>"; no controllers means version 2.
struct Membership {
  std::vector<std::string> controllers;
  std::string path;
};

std::optional<Membership> parse_membership(const std::string& line) {
  const std::size_t first = line.find(':');
  const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
  if (second == std::string::npos) return std::nullopt;
  Membership result;
  std::istringstream controllers(line.substr(first + 1, second - first - 1));
  for (std::string name; std::getline(controllers, name, ',');) result.controllers.push_back(name);
  result.path = line.substr(second + 1);
  return result;
}

/// Applies `read` to `mount`/`path` and every ancestor up to `mount`, and keeps the smallest.
/// Inside a container the path may name folders that are not mounted; those simply have no quota.
template <typename Read>
std::optional<double> tightest(const fs::path& mount, const std::string& path, Read read) {
  std::optional<double> result = read(mount);
  fs::path folder = mount;
  for (const fs::path& part : fs::path(path).relative_path()) {
    if (part == "..") continue;
    folder /= part;
    if (const std::optional<double> quota = read(folder); quota) {
      result = result ? std::min(*result, *quota) : *quota;
    }
  }
  return result;
}

}  // namespace

std::optional<double> cgroup_quota(const std::filesystem::path& root) {
  const fs::path mounts = root / "sys/fs/cgroup";
  std::optional<double> result;
  std::ifstream file(root / "proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const std::optional<Membership> member = parse_membership(line);
    if (!member) continue;
    std::optional<double> quota;
    if (member->controllers.empty()) {
      quota = tightest(mounts, member->path, quota_v2);
    } else if (std::ranges::find(member->controllers, "cpu") != member->controllers.end()) {
      quota = tightest(mounts / "cpu", member->path, quota_v1);
      if (!quota) quota = tightest(mounts / "cpu,cpuacct", member->path, quota_v1);
    }
    if (quota) result = result ? std::min(*result, *quota) : *quota;
  }
  return result;
}

int affinity_processors() {
  // The kernel refuses a mask smaller than its own, so machines beyond CPU_SETSIZE need a larger
  // one.
  for (int processors = CPU_SETSIZE; processors <= 64 * CPU_SETSIZE; processors *= 4) {
    cpu_set_t* mask = CPU_ALLOC(processors);
    if (mask == nullptr) break;
    const std::size_t bytes = CPU_ALLOC_SIZE(processors);
    const int count = sched_getaffinity(0, bytes, mask) == 0 ? CPU_COUNT_S(bytes, mask) : 0;
    CPU_FREE(mask);
    if (count > 0) return count;
  }
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

int available_processors() {
  const int allowed = affinity_processors();
  const std::optional<double> quota = cgroup_quota();
  if (!quota || *quota >= allowed) return allowed;
  return std::max(1, static_cast<int>(*quota));
}

}  // namespace headway
