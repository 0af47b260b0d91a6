#pragma once

#include <functional>

#include "case.h"

namespace headway::differential {

/// Whether a case still shows what is looked for.
using Shows = std::function<bool(const Case&)>;

/// A case as small as can be found that still shows it: fewer outputs, nodes, attributes and
/// inputs, smaller extents, simpler elements.
Case shrink(Case wanted, const Shows& shows);

}  // namespace headway::differential
