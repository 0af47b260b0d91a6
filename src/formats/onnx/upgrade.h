#pragma once

#include <cstdint>
#include <unordered_map>

#include "graph/graph.h"

namespace headway::onnx {

inline constexpr std::int64_t kNewestOpset = 28;

/// Rewrites the operators of the default domain whose meaning or encoding differs between `opset`
/// and 17 (older or newer). Expects the nodes in execution order. Throws Error naming the node if
/// it uses something that has no form in opset 17. `others`: nodes of other opsets, from functions.
void upgrade_operators(Graph& graph, std::int64_t opset,
                       const std::unordered_map<const Node*, std::int64_t>& others = {});

}  // namespace headway::onnx
