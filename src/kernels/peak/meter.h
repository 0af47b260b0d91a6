#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "kernels/peak/areas.h"
#include "kernels/peak/rate.h"
#include "kernels/peak/units.h"

namespace headway {

/// Measures what this machine can do at most: operations and bytes per second, all threads
/// together.
class PeakMeter {
 public:
  /// What memory is read and copied with. The machine must support it.
  explicit PeakMeter(Isa isa);
  ~PeakMeter();
  PeakMeter(const PeakMeter&) = delete;
  PeakMeter& operator=(const PeakMeter&) = delete;

  /// Each gives the place of its rate in what measure() returns. `unit` must lack nothing; `area`
  /// must not be empty. Throws Error(kOutOfMemory).
  std::size_t add_arithmetic(const ArithmeticUnit& unit, int threads);
  std::size_t add_read(const MemoryArea& area);
  /// Counts a copied byte twice, because it is read and written.
  std::size_t add_copy(const MemoryArea& area);

  std::vector<Rate> measure(const SamplingPlan& plan, const std::function<void(double)>& progress);

 private:
  struct Team;

  Team& team_of(int threads);
  std::size_t add(Probe probe);

  const MemoryLoops& loops_;
  std::map<int, std::unique_ptr<Team>> teams_;
  std::vector<Probe> probes_;
};

/// The areas of this machine: its caches, and as much memory as is decent to use.
std::vector<MemoryArea> memory_areas_here(int threads);

}  // namespace headway
