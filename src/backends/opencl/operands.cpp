#include "backends/opencl/operands.h"

#include <limits>

#include "base/error.h"

namespace headway::opencl {

cl_int elements_of(const Value* value) {
  const std::int64_t count = num_elements(shape_of(value));
  if (count > std::numeric_limits<cl_int>::max()) {
    fail(ErrorCode::kUnsupported, "'", value->name(), "' has ", count,
         " elements, more than the GPU's kernels count; use a smaller batch");
  }
  return static_cast<cl_int>(count);
}

}  // namespace headway::opencl
