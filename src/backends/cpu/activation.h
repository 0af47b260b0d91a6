#pragma once

#include "graph/graph.h"
#include "kernels/elementwise/unary.h"
#include "ops/activation.h"

namespace headway::cpu {

Unary as_unary(const Activation& activation);

/// The activation of a fused node (ops/fused.h) as kernels take it; identity for an ONNX node.
Unary fused_function(const Node& node);

}  // namespace headway::cpu
