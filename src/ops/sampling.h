#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace headway {

/// The elements along one axis that a value between them is interpolated from. An index of -1 is
/// outside and counts as zero.
struct AxisTaps {
  std::array<std::int64_t, 4> index{};
  std::array<double, 4> weight{};
  std::size_t count = 0;

  void add(std::int64_t at, double share) {
    index[count] = at;
    weight[count++] = share;
  }
};

struct WeightedElement {
  std::int64_t offset;
  double weight;
};

/// Coordinates beyond this (and NaN) lie outside of every tensor.
inline double bounded_coordinate(double x) {
  constexpr double kFar = 1e9;
  return x > kFar ? kFar : x >= -kFar ? x : -kFar;
}

/// The two neighbours of a coordinate; nothing is outside of [0, extent).
inline AxisTaps linear_taps(double x, std::int64_t extent) {
  x = bounded_coordinate(x);
  const double low = std::floor(x);
  AxisTaps taps;
  for (int i = 0; i < 2; ++i) {
    const std::int64_t at = static_cast<std::int64_t>(low) + i;
    taps.add(at >= 0 && at < extent ? at : -1, i == 0 ? 1.0 - (x - low) : x - low);
  }
  return taps;
}

/// The product of the taps of all axes (outermost first, with the extents of the array), without
/// what is outside.
inline void combine_taps(std::span<const AxisTaps> axes, std::span<const std::int64_t> extents,
                         std::vector<WeightedElement>& elements) {
  elements.assign(1, {0, 1.0});
  std::vector<WeightedElement> longer;
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    longer.clear();
    for (const WeightedElement& element : elements) {
      for (std::size_t i = 0; i < axes[axis].count; ++i) {
        if (axes[axis].index[i] < 0) continue;
        longer.push_back({element.offset * extents[axis] + axes[axis].index[i],
                          element.weight * axes[axis].weight[i]});
      }
    }
    elements.swap(longer);
  }
}

}  // namespace headway
