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

/// Where a square convolution reads and what it writes.
struct ConvGeometry {
  std::int64_t kernel, stride, padding, groups;
  std::int64_t input_size, output_size;
};

/// Multiplies the weights (out x in/groups x kernel x kernel; kernel 1 for a linear layer) so that
/// the output channels have `variance` on average, and returns the spread of every output channel.
/// Taps that fall on the padding count as zero.
Spread scale_weights(Tensor& weights, const Spread& input, const ConvGeometry& geometry,
                     double variance);

}  // namespace headway::models
