#pragma once

#include <span>
#include <vector>

#include "headway/model.h"

namespace headway {

/// What the model means: its graph as it was read, node by node on the plain reference kernels,
/// sums in double. Nothing is rewritten. Slow; the outputs that every runtime is held against.
/// Throws Error(kInvalidArgument) if the inputs do not fit the model's.
std::vector<Tensor> strict_reference(const Model& model, std::span<const Tensor> inputs);

}  // namespace headway
