#include "kernels/conv/volume_conv.h"

#include <algorithm>

#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

std::int64_t in_lines(std::int64_t floats) {
  return (floats + 15) / 16 * 16;
}

ConvShape of_one_image(ConvShape shape) {
  shape.batch = 1;
  return shape;
}

}  // namespace

struct VolumeConv::Task {
  const float *input, *packed, *bias;
  float* output;
};

VolumeConv::VolumeConv(const ConvShape& slice, const SlideAxis& depth, const EpilogueKind& epilogue,
                       BrgemmSet& tiles, int threads)
    : slice_(slice), depth_(depth), width_(tiles.loops().width), threads_(threads) {
  const std::int64_t slices = slice.batch * depth.out;
  slices_at_once_ = slices % threads == 0 || slices >= 4 * threads;
  const int helpers = slices_at_once_ ? 1 : threads;
  const ConvPlan first{.epilogue = {.bias = epilogue.bias}, .threads = helpers};
  const ConvPlan next{.epilogue = {.residual = true}, .threads = helpers};
  const ConvShape shape = of_one_image(slice);
  algorithm_ = conv_algorithms(shape, next, tiles.loops(), false).front();
  first_ = plan_conv(algorithm_, shape, first, tiles);
  next_ = plan_conv(algorithm_, shape, next, tiles);
}

std::int64_t VolumeConv::blocks(std::int64_t channels) const noexcept {
  return (channels + width_ - 1) / width_;
}

/// Floats of one blocked slice.
std::int64_t VolumeConv::in_slice() const noexcept {
  return blocks(slice_.in_channels) * slice_.in_height * slice_.in_width * width_;
}
std::int64_t VolumeConv::out_slice() const noexcept {
  return blocks(slice_.out_channels) * slice_.out_height * slice_.out_width * width_;
}

std::size_t VolumeConv::tap_size() const noexcept {
  return static_cast<std::size_t>(in_lines(static_cast<std::int64_t>(next_->packed_size())));
}

std::size_t VolumeConv::packed_size() const noexcept {
  return tap_size() * static_cast<std::size_t>(depth_.kernel);
}

void VolumeConv::pack(const float* weights, float* packed) const noexcept {
  const std::int64_t taps = slice_.kernel_height * slice_.kernel_width;
  const std::int64_t filters = slice_.out_channels * slice_.in_channels / slice_.groups;
  std::vector<float> of_tap(static_cast<std::size_t>(filters * taps));
  for (std::int64_t tap = 0; tap < depth_.kernel; ++tap, packed += tap_size()) {
    for (std::int64_t i = 0; i < filters; ++i) {
      std::copy_n(weights + (i * depth_.kernel + tap) * taps, taps, of_tap.data() + i * taps);
    }
    next_->pack(of_tap.data(), packed);
  }
}

std::size_t VolumeConv::worker_bytes() const noexcept {
  return (std::max(first_->scratch_bytes(), next_->scratch_bytes()) + 63) / 64 * 64;
}

std::size_t VolumeConv::scratch_bytes() const noexcept {
  const std::int64_t floats = in_lines(slice_.batch * depth_.in * in_slice()) +
                              in_lines(slice_.batch * depth_.out * out_slice()) +
                              in_lines(blocks(slice_.out_channels) * width_);
  const std::size_t workers = slices_at_once_ ? static_cast<std::size_t>(threads_) : 1;
  return static_cast<std::size_t>(floats) * sizeof(float) + workers * worker_bytes();
}

/// [batch, channels, depth, pixels] to [batch, depth, blocks, pixels, lanes], and
void VolumeConv::block(const KernelContext& context, const float* input,
                       float* blocked) const noexcept {
  const std::int64_t pixels = slice_.in_height * slice_.in_width;
  const std::int64_t channels = slice_.in_channels, all = blocks(channels);
  for_tasks(context, slice_.batch * depth_.in * all, pixels * width_,
            [&](std::int64_t task, std::int64_t last, int) {
              for (; task < last; ++task) {
                const std::int64_t channel = task % all * width_, z = task / all % depth_.in;
                const std::int64_t image = task / all / depth_.in;
                context.loops.block_pixels(
                    static_cast<int>(std::min<std::int64_t>(width_, channels - channel)), pixels,
                    input + ((image * channels + channel) * depth_.in + z) * pixels,
                    depth_.in * pixels, blocked + task * pixels * width_);
              }
            });
}

/// back.
void VolumeConv::unblock(const KernelContext& context, const float* blocked,
                         float* output) const noexcept {
  const std::int64_t pixels = slice_.out_height * slice_.out_width;
  const std::int64_t channels = slice_.out_channels, all = blocks(channels);
  for_tasks(context, slice_.batch * depth_.out * all, pixels * width_,
            [&](std::int64_t task, std::int64_t last, int) {
              for (; task < last; ++task) {
                const std::int64_t channel = task % all * width_, z = task / all % depth_.out;
                const std::int64_t image = task / all / depth_.out;
                context.loops.unblock_pixels(
                    static_cast<int>(std::min<std::int64_t>(width_, channels - channel)), pixels,
                    blocked + task * pixels * width_,
                    output + ((image * channels + channel) * depth_.out + z) * pixels,
                    depth_.out * pixels);
              }
            });
}

void VolumeConv::convolve_slice(const KernelContext& context, const Task& task, std::int64_t slice,
                                void* scratch) const noexcept {
  const std::int64_t image = slice / depth_.out;
  const std::int64_t start = slice % depth_.out * depth_.stride - depth_.pad;
  float* output = task.output + slice * out_slice();
  bool is_set = false;
  for (std::int64_t tap = 0; tap < depth_.kernel; ++tap) {
    const std::int64_t z = start + tap * depth_.dilation;
    if (z < 0 || z >= depth_.in) continue;
    const Epilogue epilogue{is_set ? nullptr : task.bias, is_set ? output : nullptr, {}};
    const BlockedConv& conv = is_set ? *next_ : *first_;
    conv.run(context, task.input + (image * depth_.in + z) * in_slice(),
             task.packed + static_cast<std::size_t>(tap) * tap_size(), epilogue, output, scratch);
    is_set = true;
  }
  if (is_set) return;
  const std::int64_t pixels = slice_.out_height * slice_.out_width;
  for (std::int64_t i = 0; i < out_slice(); ++i) {
    output[i] = task.bias ? task.bias[i / (pixels * width_) * width_ + i % width_] : 0.0F;
  }
}

void VolumeConv::run(const KernelContext& context, const float* input, const float* packed,
                     const Epilogue& epilogue, float* output, void* scratch) const noexcept {
  auto* blocked_input = static_cast<float*>(scratch);
  float* blocked_output = blocked_input + in_lines(slice_.batch * depth_.in * in_slice());
  float* bias = blocked_output + in_lines(slice_.batch * depth_.out * out_slice());
  const std::int64_t bias_size = in_lines(blocks(slice_.out_channels) * width_);
  auto* workers = reinterpret_cast<std::byte*>(bias + bias_size);
  if (epilogue.bias) {
    std::fill(std::copy_n(epilogue.bias, slice_.out_channels, bias), bias + bias_size, 0.0F);
  }
  block(context, input, blocked_input);
  const Task task{blocked_input, packed, epilogue.bias ? bias : nullptr, blocked_output};
  const auto convolve = [&](std::int64_t first, std::int64_t last, int thread) {
    void* mine = workers + static_cast<std::size_t>(thread) * worker_bytes();
    for (; first < last; ++first) convolve_slice(context, task, first, mine);
  };
  const std::int64_t slices = slice_.batch * depth_.out;
  slices_at_once_ ? context.pool.parallel_for(slices, convolve) : convolve(0, slices, 0);
  unblock(context, blocked_output, output);
  const std::int64_t size = slices * slice_.out_channels * slice_.out_height * slice_.out_width;
  for_chunks(context, size, [&](std::int64_t first, std::int64_t count) {
    float* y = output + first;
    if (epilogue.residual) {
      context.loops.binary(BinaryOp::kAdd, count, y, 1, epilogue.residual + first, 1, y);
    }
    context.loops.unary(epilogue.activation, count, y, y);
  });
}

}  // namespace headway
