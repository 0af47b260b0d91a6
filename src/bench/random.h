#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "base/random.h"

namespace headway::bench {

/// The seed of sub-task `index`: streams of different indices are unrelated.
inline std::uint64_t sub_seed(std::uint64_t seed, std::uint64_t index) noexcept {
  return Random(seed ^ (index + 1) * 0xd1342543de82ef95U).next();
}

/// A uniformly random permutation (Fisher & Yates).
template <typename T>
void shuffle(std::span<T> values, Random& random) noexcept {
  for (std::size_t last = values.size(); last > 1; --last) {
    std::swap(values[last - 1], values[random.below(last)]);
  }
}

}  // namespace headway::bench
