#pragma once

#include <cstdint>

#include "kernels/context.h"
#include "kernels/elementwise/function.h"

namespace headway {

/// Each of `rows` vectors of `size` elements: (x - mean) / sqrt(variance + epsilon) * scale + bias.
/// bias may be null. May work in place.
void layer_norm(const KernelContext& context, std::int64_t rows, std::int64_t size,
                const float* input, const float* scale, const float* bias, float epsilon,
                float* output) noexcept;

/// Each of `rows` vectors of `size` elements: x / sqrt(mean of squares + epsilon) * scale. May work
/// in place.
void rms_norm(const KernelContext& context, std::int64_t rows, std::int64_t size,
              const float* input, const float* scale, float epsilon, float* output) noexcept;

/// Over [batch × channels × spatial], `group` channels at a time: (x - mean) / sqrt(variance +
/// epsilon) * scale[channel] + bias[channel]. May not work in place.
void group_norm(const KernelContext& context, std::int64_t batch, std::int64_t channels,
                std::int64_t spatial, std::int64_t group, const float* input, const float* scale,
                const float* bias, float epsilon, float* output) noexcept;

/// Over [batch × channels × spatial]: activation(x * scale[channel] + shift[channel]); a
/// batch-norm at inference. May work in place.
void scale_shift(const KernelContext& context, std::int64_t batch, std::int64_t channels,
                 std::int64_t spatial, const float* input, const float* scale, const float* shift,
                 Unary activation, float* output) noexcept;

}  // namespace headway
