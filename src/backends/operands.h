#pragma once

#include "graph/graph.h"

namespace headway {

/// The static shape of an operand that is present.
Shape shape_of(const Value* value);

/// True if the value is present and float32.
bool is_float(const Value* value) noexcept;

}  // namespace headway
