#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/caches.h"

namespace headway {

/// Memory that each thread goes over again and again, so sized that one level of the hierarchy
/// serves it. Threads have areas of their own.
struct MemoryArea {
  int level = 0;  ///< Of the cache; 0 for memory.
  int threads = 1;
  /// Per thread, a multiple of 2 * kMemoryStep. 0 if the level cannot be told from the one before,
  /// because a thread's share of it is no larger.
  std::int64_t bytes = 0;
};

/// "L2", "memory".
std::string name_of_level(int level);

/// One area per cache, then one of memory. All threads together take no more than `most_bytes`.
std::vector<MemoryArea> memory_areas(const std::vector<Cache>& caches, int threads,
                                     std::int64_t most_bytes);

}  // namespace headway
