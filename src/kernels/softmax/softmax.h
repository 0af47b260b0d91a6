#pragma once

#include <cstdint>

#include "kernels/context.h"

namespace headway {

/// Softmax (or its logarithm) over the middle of [outer × axis × inner]; may work in place.
void softmax(const KernelContext& context, bool logarithm, std::int64_t outer, std::int64_t axis,
             std::int64_t inner, const float* input, float* output) noexcept;

void softmax(const KernelContext& context, bool logarithm, std::int64_t outer, std::int64_t axis,
             std::int64_t inner, const double* input, double* output) noexcept;

}  // namespace headway
