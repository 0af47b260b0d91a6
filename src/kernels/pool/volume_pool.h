#pragma once

#include "kernels/pool/pool.h"
#include "kernels/slide_axis.h"

namespace headway {

/// The first of two steps of a pooling over volumes: each slice of the output is the maximum, or
/// the mean, of the slices of the input under its window. `input` is [planes × depth.in × slice],
/// `output` [planes × depth.out × slice]; pooling those slices is the second step.
void pool_depth(const KernelContext& context, PoolOp op, std::int64_t planes,
                const SlideAxis& depth, std::int64_t pad_end, std::int64_t slice,
                const float* input, float* output) noexcept;

}  // namespace headway
