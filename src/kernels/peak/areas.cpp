#include "kernels/peak/areas.h"

#include <algorithm>

#include "base/error.h"
#include "kernels/peak/loops.h"

namespace headway {
namespace {

constexpr std::int64_t kMemoryWithoutCaches = std::int64_t{256} << 20;

std::int64_t round_down(std::int64_t bytes) {
  return bytes / (2 * kMemoryStep) * (2 * kMemoryStep);
}

/// What a thread has of a cache if threads spread evenly over all of that level.
std::int64_t share_of(const Cache& cache, int threads) {
  return cache.bytes / ((threads + cache.count - 1) / cache.count);
}

/// Half the share, so that a thread's other data and an uneven spread leave it in the cache; more
/// if the smaller cache before would hold half of that, but never all of the share.
std::int64_t bytes_for(std::int64_t share, std::int64_t share_before) {
  const std::int64_t bytes = std::max(share / 2, 2 * share_before);
  return bytes <= share / 8 * 7 ? round_down(bytes) : 0;
}

}  // namespace

std::string name_of_level(int level) {
  return level == 0 ? "memory" : concat("L", level);
}

std::vector<MemoryArea> memory_areas(const std::vector<Cache>& caches, int threads,
                                     std::int64_t most_bytes) {
  std::vector<MemoryArea> areas;
  std::int64_t before = 0;
  std::int64_t memory = kMemoryWithoutCaches;
  for (const Cache& cache : caches) {
    const std::int64_t share = share_of(cache, threads);
    areas.push_back({cache.level, threads, bytes_for(share, before)});
    before = share;
    // Each of a copy's two arrays four times the last caches: STREAM's rule (McCalpin 1995).
    memory = 8 * cache.bytes * std::min(threads, cache.count);
  }
  areas.push_back({0, threads, round_down(std::min(memory, most_bytes) / threads)});
  return areas;
}

}  // namespace headway
