#pragma once

#include <cstdint>
#include <span>

#include "kernels/context.h"
#include "kernels/reduce/operation.h"
#include "kernels/strided.h"

namespace headway {

/// Reduces a dense row-major tensor with these extents (rank at most kMaxRank) over any of its
/// axes: those whose output stride is 0. The output is dense, too; output strides are in elements.
void reduce(const KernelContext& context, ReduceOp op, std::span<const std::int64_t> extents,
            std::span<const std::int64_t> output_strides, const float* input,
            float* output) noexcept;

/// log Σ exp of each row.
void log_sum_exp(const KernelContext& context, std::int64_t rows, std::int64_t columns,
                 const float* input, float* output) noexcept;
/// The same along the middle axis of [outer × axis × inner].
void log_sum_exp(const KernelContext& context, std::int64_t outer, std::int64_t axis,
                 std::int64_t inner, const float* input, float* output) noexcept;

}  // namespace headway
