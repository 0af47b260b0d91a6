#pragma once

#include "backends/opencl/library.h"
#include "backends/operands.h"

namespace headway::opencl {

/// How many elements an operand has. Throws Error(kUnsupported) naming the value if kernels, which
/// count in 32 bits, cannot.
cl_int elements_of(const Value* value);

/// As kernels take extents and strides, whose products elements_of() has checked.
inline cl_int narrow(std::int64_t value) noexcept {
  return static_cast<cl_int>(value);
}

}  // namespace headway::opencl
