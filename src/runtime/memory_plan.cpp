#include "runtime/memory_plan.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace headway {
namespace {

std::size_t align_up(std::size_t bytes) {
  return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
}

bool overlap_in_time(const Lifetime& a, const Lifetime& b) {
  return a.first_step <= b.last_step && b.first_step <= a.last_step;
}

struct Extent {
  std::size_t begin, end;
};

/// The start of the smallest gap that holds `bytes`, or the end of everything.
std::size_t best_fit(std::vector<Extent> taken, std::size_t bytes) {
  std::ranges::sort(taken, {}, &Extent::begin);
  std::size_t best = 0, best_gap = std::numeric_limits<std::size_t>::max(), cursor = 0;
  bool found = false;
  for (const Extent& extent : taken) {
    if (extent.begin > cursor) {
      const std::size_t gap = extent.begin - cursor;
      if (gap >= bytes && gap < best_gap) {
        best = cursor;
        best_gap = gap;
        found = true;
      }
    }
    cursor = std::max(cursor, extent.end);
  }
  return found ? best : cursor;
}

/// Memory use changes only where a lifetime begins, so that its peak is at one of these steps.
std::size_t peak_bytes(std::span<const Lifetime> lifetimes) {
  std::size_t peak = 0;
  for (const Lifetime& beginning : lifetimes) {
    std::size_t alive = 0;
    for (const Lifetime& other : lifetimes) {
      const bool now =
          other.first_step <= beginning.first_step && beginning.first_step <= other.last_step;
      if (now) alive += other.bytes;
    }
    peak = std::max(peak, alive);
  }
  return peak;
}

}  // namespace

MemoryPlan pack_lifetimes(std::span<const Lifetime> lifetimes) {
  std::vector<std::size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::ranges::greater{},
                           [&](std::size_t index) { return lifetimes[index].bytes; });

  MemoryPlan plan;
  plan.peak_bytes = peak_bytes(lifetimes);
  plan.offsets.resize(lifetimes.size());
  for (std::size_t placed = 0; placed < order.size(); ++placed) {
    const Lifetime& lifetime = lifetimes[order[placed]];
    std::vector<Extent> taken;
    for (std::size_t i = 0; i < placed; ++i) {
      const Lifetime& other = lifetimes[order[i]];
      if (!overlap_in_time(lifetime, other)) continue;
      const std::size_t begin = plan.offsets[order[i]];
      taken.push_back({begin, begin + align_up(other.bytes)});
    }
    const std::size_t offset = best_fit(std::move(taken), align_up(lifetime.bytes));
    plan.offsets[order[placed]] = offset;
    plan.arena_bytes = std::max(plan.arena_bytes, offset + align_up(lifetime.bytes));
  }
  return plan;
}

}  // namespace headway
