#include "kernels/depthwise/depthwise.h"

#include "kernels/inner_loops.h"
#include "kernels/padded_plane.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

PaddedPlane padded_plane(const ConvShape& shape, const InnerLoops& loops) {
  return {{shape.in_height, shape.out_height, shape.kernel_height, shape.stride_height,
           shape.dilation_height, shape.pad_top},
          {shape.in_width, shape.out_width, shape.kernel_width, shape.stride_width,
           shape.dilation_width, shape.pad_left},
          loops.width};
}

}  // namespace

std::size_t depthwise_scratch_bytes(const ConvShape& shape, const InnerLoops& loops,
                                    int threads) noexcept {
  return padded_plane(shape, loops).scratch_bytes() * static_cast<std::size_t>(threads);
}

void depthwise(const KernelContext& context, const ConvShape& shape, const float* input,
               const float* weights, const Epilogue& epilogue, float* output,
               void* scratch) noexcept {
  const PaddedPlane plane = padded_plane(shape, context.loops);
  const std::int64_t in_plane = shape.in_height * shape.in_width;
  const std::int64_t out_plane = shape.out_height * shape.out_width;
  const std::int64_t multiplier = shape.out_channels / shape.groups;
  const auto convolve = [&](std::int64_t first, std::int64_t last, int thread) {
    void* mine =
        static_cast<char*>(scratch) + static_cast<std::size_t>(thread) * plane.scratch_bytes();
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t channel = i % shape.out_channels;
      if (i == first || channel % multiplier == 0) {
        plane.fill(input + i / multiplier * in_plane, 0.0F, mine);
      }
      DepthwiseRow row;
      row.taps = plane.taps();
      row.weights = weights + channel * row.taps;
      row.bias = epilogue.bias ? epilogue.bias[channel] : 0.0F;
      row.activation = epilogue.activation;
      row.columns = shape.out_width;
      for (std::int64_t y = 0; y < shape.out_height; ++y) {
        const std::int64_t offset = i * out_plane + y * shape.out_width;
        row.rows = plane.rows(y, mine);
        row.residual = epilogue.residual ? epilogue.residual + offset : nullptr;
        row.output = output + offset;
        context.loops.depthwise_row(row);
      }
    }
  };
  for_tasks(context, shape.batch * shape.out_channels, out_plane * plane.taps(), convolve);
}

}  // namespace headway
