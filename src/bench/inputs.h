#pragma once

#include <cstdint>
#include <vector>

#include "bench/model_source.h"

namespace headway::bench {

/// `count` sets of inputs, the same for the same seed on every machine: standard normal values for
/// floating-point inputs (what normalized images look like), uniform in [0, upper) for integers.
std::vector<std::vector<NamedTensor>> make_inputs(const std::vector<InputSpec>& specs, int count,
                                                  std::uint64_t seed);

}  // namespace headway::bench
