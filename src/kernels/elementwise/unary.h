#pragma once

#include <cstdint>

#include "kernels/context.h"
#include "kernels/elementwise/function.h"

namespace headway {

/// output[i] = function(input[i]); may work in place. NaN stays NaN. The table in unary_test.cpp
/// bounds the error of each function: 4 units in the last place or better over all floats, but an
/// absolute error where the factors of an activation cancel.
void unary(const KernelContext& context, Unary function, std::int64_t size, const float* input,
           float* output) noexcept;

/// The same with any function.
void scalar_unary(const KernelContext& context, float (*function)(float), std::int64_t size,
                  const float* input, float* output) noexcept;

}  // namespace headway
