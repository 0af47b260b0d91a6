#pragma once

#include <vector>

#include "case.h"

namespace headway::differential {

/// How far each element of each output may lie from what the reference computes, found by
/// perturbation: the case is computed a few more times with every number that an operator reads or
/// writes moved by as many units in the last place as a sound implementation of that operator may
/// be off. Operators that do not round at all move nothing, so that they must agree to the last
/// bit. Float64 tensors; infinite where anything may come out. `fused`: sums and products may be
/// reordered between operators, and 16-bit numbers kept wider.
std::vector<Tensor> slack_of(const Case& wanted, bool fused);

}  // namespace headway::differential
