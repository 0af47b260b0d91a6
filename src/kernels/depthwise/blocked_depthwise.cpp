#include "kernels/depthwise/blocked_depthwise.h"

#include <algorithm>

#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway {

BlockedDepthwise::BlockedDepthwise(const ConvShape& shape, const InnerLoops& loops) noexcept
    : shape_(shape), width_(loops.width) {}

std::int64_t BlockedDepthwise::blocks() const noexcept {
  return (shape_.out_channels + width_ - 1) / width_;
}

std::size_t BlockedDepthwise::packed_size() const noexcept {
  return static_cast<std::size_t>(blocks() * width_ * shape_.kernel_height * shape_.kernel_width);
}

void BlockedDepthwise::pack(const float* weights, float* packed) const noexcept {
  const std::int64_t taps = shape_.kernel_height * shape_.kernel_width;
  std::fill(packed, packed + packed_size(), 0.0F);
  for (std::int64_t channel = 0; channel < shape_.out_channels; ++channel) {
    float* to = packed + channel / width_ * taps * width_ + channel % width_;
    for (std::int64_t tap = 0; tap < taps; ++tap) to[tap * width_] = weights[channel * taps + tap];
  }
}

void BlockedDepthwise::run(const KernelContext& context, const ConvInput& input,
                           const float* packed, const Epilogue& epilogue, float* output,
                           void* /*scratch*/) const noexcept {
  DepthwiseBand whole;
  whole.height = {shape_.in_height,     shape_.out_height,      shape_.kernel_height,
                  shape_.stride_height, shape_.dilation_height, shape_.pad_top};
  whole.width = {shape_.in_width,     shape_.out_width,      shape_.kernel_width,
                 shape_.stride_width, shape_.dilation_width, shape_.pad_left};
  whole.activation = epilogue.activation;
  const std::int64_t rows = shape_.out_height;
  const std::int64_t taps = shape_.kernel_height * shape_.kernel_width;
  const std::int64_t in_plane = shape_.in_height * shape_.in_width * width_;
  const std::int64_t out_plane = rows * shape_.out_width * width_;
  const auto convolve = [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t row = first; row < last;) {
      const std::int64_t plane = row / rows;
      const std::int64_t block = plane % blocks();
      DepthwiseBand band = whole;
      band.first_row = row % rows;
      band.last_row = std::min(rows, band.first_row + last - row);
      band.input = input.data + plane * in_plane;
      band.weights = packed + block * taps * width_;
      band.bias = epilogue.bias ? epilogue.bias + block * width_ : nullptr;
      band.residual = epilogue.residual ? epilogue.residual + plane * out_plane : nullptr;
      band.output = output + plane * out_plane;
      context.loops.depthwise_band(band);
      row += band.last_row - band.first_row;
    }
  };
  if (out_plane == 0) return;
  for_tasks(context, shape_.batch * blocks() * rows, shape_.out_width * width_ * taps, convolve);
}

}  // namespace headway
