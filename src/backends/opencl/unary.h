#pragma once

#include <optional>

#include "backends/opencl/activation.h"

namespace headway::opencl {

/// a · x + b, as unary.cl takes it.
ActivationArguments linear_function(float a, float b);

/// What `unary_function` of unary.cl is told for a node, of float32; nullopt if it has no such
/// function.
std::optional<ActivationArguments> unary_function(const Node& node);

}  // namespace headway::opencl
