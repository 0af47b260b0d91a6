#pragma once

#include <cstdint>

#include "kernels/context.h"
#include "kernels/reduce/operation.h"

namespace headway {

/// Reduces the middle of [outer × axis × inner] to [outer × inner]; a global pool is
/// outer = planes, axis = height × width, inner = 1. axis must be positive.
void reduce(const KernelContext& context, ReduceOp op, std::int64_t outer, std::int64_t axis,
            std::int64_t inner, const float* input, float* output) noexcept;

}  // namespace headway
