#include "runtime/memory_plan.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

namespace headway {
namespace {

std::size_t align_up(std::size_t bytes, std::size_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

bool overlap_in_time(const Lifetime& a, const Lifetime& b) {
  return a.first_step <= b.last_step && b.first_step <= a.last_step;
}

struct Extent {
  std::size_t begin, end, index;
};

/// The start of the smallest gap that holds a lifetime between those that are placed (in the order
/// of their addresses) and overlap with it in time, `bytes` wide; the end of everything if there is
/// none.
std::size_t best_fit(std::span<const Extent> placed, std::span<const Lifetime> lifetimes,
                     const Lifetime& lifetime, std::size_t bytes) {
  std::size_t best = 0, best_gap = std::numeric_limits<std::size_t>::max(), cursor = 0;
  bool found = false;
  for (const Extent& extent : placed) {
    if (!overlap_in_time(lifetime, lifetimes[extent.index])) continue;
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

std::size_t peak_bytes(std::span<const Lifetime> lifetimes) {
  std::map<std::size_t, std::pair<std::size_t, std::size_t>> changes;  // Bytes that begin and end.
  for (const Lifetime& lifetime : lifetimes) {
    changes[lifetime.first_step].first += lifetime.bytes;
    changes[lifetime.last_step + 1].second += lifetime.bytes;
  }
  std::size_t alive = 0, peak = 0;
  for (const auto& [step, bytes] : changes) {
    alive += bytes.first - bytes.second;
    peak = std::max(peak, alive);
  }
  return peak;
}

}  // namespace

MemoryPlan pack_lifetimes(std::span<const Lifetime> lifetimes, std::size_t alignment) {
  std::vector<std::size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::ranges::greater{},
                           [&](std::size_t index) { return lifetimes[index].bytes; });

  MemoryPlan plan;
  plan.peak_bytes = peak_bytes(lifetimes);
  plan.offsets.resize(lifetimes.size());
  std::vector<Extent> placed;
  for (const std::size_t index : order) {
    const std::size_t bytes = align_up(lifetimes[index].bytes, alignment);
    const std::size_t offset = best_fit(placed, lifetimes, lifetimes[index], bytes);
    const Extent extent{offset, offset + bytes, index};
    plan.offsets[index] = offset;
    plan.arena_bytes = std::max(plan.arena_bytes, extent.end);
    placed.insert(std::ranges::upper_bound(placed, offset, {}, &Extent::begin), extent);
  }
  return plan;
}

}  // namespace headway
