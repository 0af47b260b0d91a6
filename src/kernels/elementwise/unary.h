#pragma once

#include <cstdint>

#include "kernels/context.h"
#include "kernels/elementwise/function.h"

namespace headway {

/// output[i] = function(input[i]); may work in place. NaN stays NaN. Error bounds in units in the
/// last place over all floats, subnormal results excepted: docs are the table in unary_test.cpp.
void unary(const KernelContext& context, Unary function, std::int64_t size, const float* input,
           float* output) noexcept;

}  // namespace headway
