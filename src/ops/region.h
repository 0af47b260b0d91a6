#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "graph/graph.h"

namespace headway {

struct RoiAlign {
  bool maximum, half_pixel;
  std::int64_t height, width, sampling_ratio;
  double scale;
};

/// Throws Error(kInvalidModel) naming the node.
RoiAlign roi_align_of(const Node& node);

/// The image that a region of the node `described` is of. Throws Error(kInvalidArgument) if there
/// is none.
std::int64_t checked_image(const std::string& described, std::int64_t image, std::int64_t batch);

/// The cells of one axis of a region and the sampling points in each.
struct Cells {
  double start, size;
  std::int64_t samples;

  Cells(const RoiAlign& align, double low, double high, std::int64_t cells) {
    const double offset = align.half_pixel ? 0.5 : 0.0;
    start = low * align.scale - offset;
    double extent = high * align.scale - offset - start;
    if (!align.half_pixel) extent = std::max(extent, 1.0);
    size = extent / static_cast<double>(cells);
    constexpr double kMostSamples = 1e6;
    samples = align.sampling_ratio > 0
                  ? align.sampling_ratio
                  : static_cast<std::int64_t>(std::clamp(std::ceil(size), 0.0, kMostSamples));
  }

  double point(std::int64_t cell, std::int64_t sample) const {
    return start + size * (static_cast<double>(cell) +
                           (static_cast<double>(sample) + 0.5) / static_cast<double>(samples));
  }
};

/// Two neighbours along an axis and how near the coordinate is to the second; none if outside.
struct Neighbours {
  std::int64_t low = 0, high = 0;
  double fraction = 0.0;
  bool inside = false;

  Neighbours(double x, std::int64_t extent) {
    inside = extent > 0 && x >= -1.0 && x <= static_cast<double>(extent);
    if (!inside) return;
    x = std::max(x, 0.0);
    low = std::min(static_cast<std::int64_t>(x), extent - 1);
    high = std::min(low + 1, extent - 1);
    if (low == high) x = static_cast<double>(low);
    fraction = x - static_cast<double>(low);
  }
};

}  // namespace headway
