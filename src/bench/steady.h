#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace headway::bench {

/// Where the level of a series changes: the first index of every segment but the first. Optimal
/// partition with a penalty (PELT, Killick, Fearnhead & Eckley 2012) of the logarithms, after a
/// running median of three that takes single outliers away.
std::vector<std::size_t> change_points(std::span<const double> values);

/// True if the last segment is long enough to be a state, and has no trend left in it. Warm-up is
/// over when this says so and not before (Barrett et al. 2017: a steady state is not a given).
bool is_steady(std::span<const double> values);

}  // namespace headway::bench
