#pragma once

#include "ops/operator.h"
#include "ops/sampling.h"

namespace headway {

/// How GridSample reads between elements and outside of its input.
struct Sampler {
  enum class Mode { kNearest, kLinear, kCubic };
  enum class Outside { kZeros, kBorder, kReflection };

  Mode mode;
  Outside outside;
  bool align_corners;

  /// The elements along an axis that a normalized coordinate, in [-1, 1] if inside, is made of.
  AxisTaps taps(double normalized, std::int64_t extent) const;
  /// The coordinate in elements that it is.
  double position(double normalized, std::int64_t extent) const;

 private:
  double reflected(double x, std::int64_t extent) const;
  std::int64_t element(std::int64_t at, std::int64_t extent) const;
};

/// Throws Error(kInvalidModel) naming the node.
Sampler sampler_of(const Node& node);

}  // namespace headway
