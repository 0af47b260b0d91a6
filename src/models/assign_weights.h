#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/graph.h"

namespace headway::models {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// Replaces the parameters of a built-in model by the tensors of the same names. Prefixes that
/// wrappers add to every name ("module.", …) are dropped, counters that only training reads are
/// ignored, and so are names that begin with `training_only`, if that is not empty. Other
/// floating-point types than the model's are converted if `convert` says so. Throws
/// Error(kInvalidArgument) listing missing, unexpected and mis-shaped tensors, or those that would
/// have to be converted.
Graph assign_weights(Graph graph, NamedTensors weights, bool convert = false,
                     std::string_view training_only = {});

}  // namespace headway::models
