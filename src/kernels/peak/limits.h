#pragma once

#include <functional>
#include <vector>

#include "kernels/peak/rate.h"
#include "kernels/peak/units.h"

namespace headway {

/// What no fp32 program on so many threads can exceed.
struct Limits {
  int threads = 1;
  double operations_per_second = 0;  ///< Multiplications and additions.
  double bytes_per_second = 0;       ///< Read from memory.
};

/// The best of the samples for each thread count; `isa` is what programs may use. The machine must
/// support it.
std::vector<Limits> measure_limits(const std::vector<int>& threads, Isa isa,
                                   const SamplingPlan& plan,
                                   const std::function<void(double)>& progress);

}  // namespace headway
