#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace headway {

/// One block of memory and the steps during which it is needed, both ends included.
struct Lifetime {
  std::size_t bytes = 0;
  std::size_t first_step = 0;
  std::size_t last_step = 0;
};

struct MemoryPlan {
  std::vector<std::size_t> offsets;  ///< One per lifetime, each a multiple of the alignment.
  std::size_t arena_bytes = 0;
  std::size_t peak_bytes = 0;  ///< Most that is alive at once: no arena can be smaller.
};

/// Packs blocks into one arena so that blocks alive at the same time do not overlap. Greedy by
/// size, best fit (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference",
/// 2020): large blocks first, each into the tightest gap between those already placed.
MemoryPlan pack_lifetimes(std::span<const Lifetime> lifetimes, std::size_t alignment);

}  // namespace headway
