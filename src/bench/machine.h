#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace headway::bench {

/// What a reader must know about the machine to trust or repeat a figure.
struct Machine {
  std::string cpu;              ///< Model name.
  int processors = 0;           ///< In the affinity mask.
  std::optional<double> quota;  ///< Cgroup CPU quota, in processors.
  std::string governor;         ///< Frequency governor; empty if it cannot be read.
  std::optional<bool> turbo;    ///< Empty if it cannot be read.
  std::int64_t memory_bytes = 0;
  std::string kernel;
  std::string system;       ///< Distribution.
  double load_average = 0;  ///< Over the last minute, before the race.
};

/// Reads what can be read; never fails.
Machine describe_machine();

}  // namespace headway::bench
