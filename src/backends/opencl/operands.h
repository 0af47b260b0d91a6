#pragma once

#include "backends/opencl/library.h"
#include "graph/graph.h"

namespace headway::opencl {

/// The static shape of an operand that is present.
Shape shape_of(const Value* value);

/// True if the value is present and float32.
bool is_float(const Value* value) noexcept;

/// How many elements an operand has. Throws Error(kUnsupported) naming the value if kernels, which
/// count in 32 bits, cannot.
cl_int elements_of(const Value* value);

}  // namespace headway::opencl
