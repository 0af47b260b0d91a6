#pragma once

#include <cstdint>
#include <string_view>

#include "headway/tensor.h"

#include "models/spread.h"

namespace headway::models {

/// Uniformly distributed floats with the given mean and standard deviation: a function of seed,
/// name and shape only.
Tensor seeded_uniform(Shape shape, double mean, double deviation, std::uint64_t seed,
                      std::string_view name);

/// Where a convolution reads along one axis and what it writes.
struct ConvAxis {
  std::int64_t kernel, padding;
};

/// A convolution of square images.
struct ConvGeometry {
  ConvAxis height, width;
  std::int64_t stride, groups;
  std::int64_t input_size, output_size;
};

/// Multiplies the weights (out x in/groups x kernel height x width; 1 x 1 for a linear layer) so
/// that the output channels have `variance` on average, and returns the spread of every output
/// channel. Taps that fall on the padding count as zero.
Spread scale_weights(Tensor& weights, const Spread& input, const ConvGeometry& geometry,
                     double variance);

}  // namespace headway::models
