#include "kernels/conv/conv.h"

#include <algorithm>

#include "kernels/movement/blocked.h"

namespace headway {

Conv::Conv(const ConvShape& shape, const EpilogueKind& epilogue, BrgemmSet& tiles, int threads)
    : shape_(shape),
      width_(tiles.loops().width),
      input_size_(blocked_size(shape.batch, shape.in_channels, shape.in_height * shape.in_width)),
      bias_size_(blocked_size(1, shape.out_channels, 1)),
      output_size_(
          blocked_size(shape.batch, shape.out_channels, shape.out_height * shape.out_width)) {
  const ConvPlan plan{.epilogue = epilogue, .threads = threads};
  algorithm_ = conv_algorithms(shape, plan, tiles.loops(), false).front();
  kernel_ = plan_conv(algorithm_, shape, plan, tiles);
}

/// Rounded up to whole cache lines.
std::int64_t Conv::blocked_size(std::int64_t batch, std::int64_t channels,
                                std::int64_t pixels) const {
  const std::int64_t blocks = (channels + width_ - 1) / width_;
  return (batch * blocks * pixels * width_ + 15) / 16 * 16;
}

std::size_t Conv::scratch_bytes() const noexcept {
  return static_cast<std::size_t>(input_size_ + bias_size_ + output_size_) * sizeof(float) +
         kernel_->scratch_bytes();
}

void Conv::run(const KernelContext& context, const float* input, const float* packed,
               const Epilogue& epilogue, float* output, void* scratch) const noexcept {
  auto* blocked_input = static_cast<float*>(scratch);
  float* bias = blocked_input + input_size_;
  float* blocked_output = bias + bias_size_;
  const std::int64_t pixels = shape_.out_height * shape_.out_width;
  block_channels(context, shape_.batch, shape_.in_channels, shape_.in_height * shape_.in_width,
                 input, blocked_input);
  Epilogue blocked{nullptr, nullptr, epilogue.activation};
  if (epilogue.bias) {
    std::fill(std::copy_n(epilogue.bias, shape_.out_channels, bias), bias + bias_size_, 0.0F);
    blocked.bias = bias;
  }
  if (epilogue.residual) {
    block_channels(context, shape_.batch, shape_.out_channels, pixels, epilogue.residual,
                   blocked_output);
    blocked.residual = blocked_output;
  }
  kernel_->run(context, blocked_input, packed, blocked, blocked_output,
               blocked_output + output_size_);
  unblock_channels(context, shape_.batch, shape_.out_channels, pixels, blocked_output, output);
}

}  // namespace headway
