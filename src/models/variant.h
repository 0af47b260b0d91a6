#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace headway::models {

/// The member of a family that has this name; there must be one.
template <typename Variants>
const auto& find_variant(const Variants& variants, std::string_view name) {
  return *std::ranges::find_if(variants, [&](const auto& variant) { return variant.name == name; });
}

/// The multiple of `divisor` nearest to a scaled number of channels, but not less than nine tenths
/// of it (as in MobileNet and everything after it).
inline std::int64_t make_divisible(double channels, std::int64_t divisor) {
  const auto nearest =
      static_cast<std::int64_t>(channels + static_cast<double>(divisor) / 2) / divisor * divisor;
  const std::int64_t rounded = std::max(divisor, nearest);
  return static_cast<double>(rounded) < 0.9 * channels ? rounded + divisor : rounded;
}

}  // namespace headway::models
