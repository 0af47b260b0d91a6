#pragma once

#include <cstdint>

#include "kernels/context.h"

namespace headway {

/// Copies a plain tensor [batch × channels × pixels] to the blocked layout [batch × CB × pixels ×
/// B], where B is the loops' width and CB = ceil(channels / B); lanes beyond the last channel get
/// zeros.
void block_channels(const KernelContext& context, std::int64_t batch, std::int64_t channels,
                    std::int64_t pixels, const float* input, float* output) noexcept;

/// The way back; lanes beyond the last channel are dropped.
void unblock_channels(const KernelContext& context, std::int64_t batch, std::int64_t channels,
                      std::int64_t pixels, const float* input, float* output) noexcept;

}  // namespace headway
