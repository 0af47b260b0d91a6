#pragma once

#include "backends/opencl/library.h"
#include "graph/graph.h"
#include "ops/activation.h"

namespace headway::opencl {

/// An activation as `activate` of common.cl takes it.
struct ActivationArguments {
  cl_int kind = 0;
  cl_float a = 0, b = 0;
};

ActivationArguments as_arguments(const Activation& activation);

/// The activation at the end of a fused node; none for nodes of the default domain.
ActivationArguments fused_function(const Node& node);

}  // namespace headway::opencl
