#pragma once

#include <cstdint>

#include "case.h"

namespace headway::differential {

/// One operator with random attributes and inputs, or a small graph of several.
Case generate(std::uint64_t seed);

}  // namespace headway::differential
