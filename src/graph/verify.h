#pragma once

#include "graph/graph.h"

namespace headway {

/// Checks what every graph must satisfy between passes: single assignment, producers before
/// consumers, use lists that match, unique names, no dangling values, constants whose type matches
/// their tensor. Throws Error(kInternal) with the first violation, naming node and value.
void verify(const Graph& graph);

}  // namespace headway
