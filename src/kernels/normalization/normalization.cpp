#include "kernels/normalization/normalization.h"

#include <cmath>

#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway {

void layer_norm(const KernelContext& context, std::int64_t rows, std::int64_t size,
                const float* input, const float* scale, const float* bias, float epsilon,
                float* output) noexcept {
  for_tasks(context, rows, size, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t row = first; row < last; ++row) {
      context.loops.layer_norm_row(size, input + row * size, scale, bias, epsilon,
                                   output + row * size);
    }
  });
}

void rms_norm(const KernelContext& context, std::int64_t rows, std::int64_t size,
              const float* input, const float* scale, float epsilon, float* output) noexcept {
  for_tasks(context, rows, size, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t row = first; row < last; ++row) {
      context.loops.rms_norm_row(size, input + row * size, scale, epsilon, output + row * size);
    }
  });
}

void group_norm(const KernelContext& context, std::int64_t batch, std::int64_t channels,
                std::int64_t spatial, std::int64_t group, const float* input, const float* scale,
                const float* bias, float epsilon, float* output) noexcept {
  const InnerLoops& loops = context.loops;
  const std::int64_t size = group * spatial;
  for_tasks(context, batch * channels / group, size,
            [&](std::int64_t first, std::int64_t last, int) {
              for (std::int64_t task = first; task < last; ++task) {
                float* to = output + task * size;
                const float mean = loops.reduce_row(ReduceOp::kSum, size, input + task * size) /
                                   static_cast<float>(size);
                loops.scale_shift(size, input + task * size, 1.0F, -mean, to);
                const float squares = loops.reduce_row(ReduceOp::kSumSquare, size, to);
                const float factor = 1.0F / std::sqrt(squares / static_cast<float>(size) + epsilon);
                for (std::int64_t i = 0; i < group; ++i) {
                  const std::int64_t channel = (task * group + i) % channels;
                  loops.scale_shift(spatial, to + i * spatial, factor * scale[channel],
                                    bias[channel], to + i * spatial);
                }
              }
            });
}

void scale_shift(const KernelContext& context, std::int64_t batch, std::int64_t channels,
                 std::int64_t spatial, const float* input, const float* scale, const float* shift,
                 Unary activation, float* output) noexcept {
  for_tasks(context, batch * channels, spatial, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t plane = first; plane < last; ++plane) {
      const std::int64_t channel = plane % channels;
      float* to = output + plane * spatial;
      context.loops.scale_shift(spatial, input + plane * spatial, scale[channel], shift[channel],
                                to);
      context.loops.unary(activation, spatial, to, to);
    }
  });
}

}  // namespace headway
