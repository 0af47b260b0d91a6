#pragma once

#include "graph/graph.h"

namespace headway::torchscript {

/// Computes the small values that depend on constants and known extents alone: exporters write
/// paddings and axes as chains of nodes, where ATen wants numbers. Weights stay as they are.
/// Expects inferred types.
void fold_small_constants(Graph& graph);

}  // namespace headway::torchscript
