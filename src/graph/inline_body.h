#pragma once

#include <span>
#include <vector>

#include "graph/graph.h"

namespace headway {

/// Copies the nodes of a body before `position`, with `inputs` for the body's own, one for each.
/// Returns what its outputs are; types are left to be inferred.
std::vector<Value*> inline_body(Graph& graph, const Node* position, const Graph& body,
                                std::span<Value* const> inputs);

}  // namespace headway
