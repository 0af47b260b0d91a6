#pragma once

#include "backends/backend.h"

namespace headway::cpu {

/// The fastest step this processor has for the node; the reference step if there is none.
std::unique_ptr<Step> lower(const Node& node, Lowering& lowering);

/// A step that runs the operator's plain reference kernel.
std::unique_ptr<Step> lower_to_reference(const Node& node);

}  // namespace headway::cpu
