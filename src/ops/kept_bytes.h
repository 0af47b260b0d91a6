#pragma once

#include "ops/operator.h"

namespace headway {

/// The sum, or kNoMemoryLimit.
constexpr std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) noexcept {
  return a > kNoMemoryLimit - b ? kNoMemoryLimit : a + b;
}

/// Of a tensor's, or all of a sequence's, elements.
std::uint64_t byte_size(const Datum& datum);

}  // namespace headway
