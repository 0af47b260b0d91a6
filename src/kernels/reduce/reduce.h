#pragma once

#include <cstdint>

#include "kernels/context.h"

namespace headway {

enum class ReduceOp : std::uint8_t { kSum, kMean, kMax, kMin, kSumSquare, kL2, kL1, kProd };

/// Reduces the middle of [outer × axis × inner] to [outer × inner]; a global pool is
/// outer = planes, axis = height × width, inner = 1. axis must be positive.
void reduce(const KernelContext& context, ReduceOp op, std::int64_t outer, std::int64_t axis,
            std::int64_t inner, const float* input, float* output) noexcept;

}  // namespace headway
