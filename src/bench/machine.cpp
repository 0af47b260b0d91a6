#include "bench/machine.h"

#include <cstdlib>
#include <fstream>

#include <sys/utsname.h>
#include <unistd.h>

#include "base/processors.h"

namespace headway::bench {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// The value after `separator` in the first line of `path` that starts with `key`.
std::string lookup(const std::string& path, const std::string& key, char separator) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t start = line.find_first_not_of(" \t\"", line.find(separator) + 1);
    if (start == std::string::npos) return "";
    const std::size_t end = line.find_last_not_of(" \t\"");
    return line.substr(start, end - start + 1);
  }
  return "";
}

std::optional<bool> read_turbo() {
  const std::string disabled = first_line("/sys/devices/system/cpu/intel_pstate/no_turbo");
  if (!disabled.empty()) return disabled == "0";
  const std::string boost = first_line("/sys/devices/system/cpu/cpufreq/boost");
  if (!boost.empty()) return boost == "1";
  return std::nullopt;
}

}  // namespace

Machine describe_machine() {
  Machine machine;
  machine.cpu = lookup("/proc/cpuinfo", "model name", ':');
  if (machine.cpu.empty()) machine.cpu = "unknown processor";
  machine.processors = affinity_processors();
  machine.quota = cgroup_quota();
  machine.governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  machine.turbo = read_turbo();
  machine.memory_bytes =
      static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE);
  utsname names{};
  uname(&names);
  machine.kernel = std::string(names.sysname) + " " + names.release;
  machine.system = lookup("/etc/os-release", "PRETTY_NAME", '=');
  getloadavg(&machine.load_average, 1);
  return machine;
}

}  // namespace headway::bench
