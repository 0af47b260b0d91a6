#pragma once

#include "kernels/pool/band.h"
#include "kernels/pool/pool.h"

namespace headway {

/// All rows of a pooling; where its input and output lie is left open.
PoolBand pool_band_of(PoolOp op, const PoolShape& shape) noexcept;

/// Pooling over images of the blocked layout: shape.planes (batch × CB) planes whose pixels are
/// vectors of as many floats as the loops' width. Needs no scratch memory.
void blocked_pool(const KernelContext& context, PoolOp op, const PoolShape& shape,
                  const float* input, float* output) noexcept;

}  // namespace headway
