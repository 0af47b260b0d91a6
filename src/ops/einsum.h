#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace headway {

/// A letter of an Einsum equation; where "..." stands, one value beyond every letter per axis it
/// covers.
using EinsumLabel = int;
using EinsumTerm = std::vector<EinsumLabel>;

/// One label per axis of every input and of the output.
struct EinsumEquation {
  std::vector<EinsumTerm> inputs;
  EinsumTerm output;
};

/// The equation of an Einsum node whose inputs have these ranks. Throws Error(kInvalidModel) naming
/// the node if it is malformed or does not fit.
EinsumEquation einsum_equation(const Node& node, std::span<const std::size_t> ranks);

}  // namespace headway
