#pragma once

#include "headway/profile.h"

#include "backends/backend.h"

namespace headway {

/// What profiles and reports say about a step. Types must be static, and the node must still have
/// the inputs that the step packed.
StepInfo describe(const Node& node, const Step& step);

}  // namespace headway
