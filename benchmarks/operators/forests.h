#pragma once

#include <vector>

#include "graph/graph.h"

namespace headway {

/// Ensembles of decision trees, too large to be written out in a text file.
std::vector<Graph> forests();

}  // namespace headway
