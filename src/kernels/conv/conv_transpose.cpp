#include "kernels/conv/conv_transpose.h"

#include <algorithm>

#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

std::int64_t rows_of(const ConvShape& shape) {
  return shape.out_channels / shape.groups * shape.kernel_height * shape.kernel_width;
}

/// columns[channel, ky, kx][pixel] = weights^T · image, per image and group.
GemmShape product_of(const ConvShape& shape) {
  GemmShape product;
  product.m = rows_of(shape);
  product.n = shape.in_height * shape.in_width;
  product.k = shape.in_channels / shape.groups;
  product.transpose_a = true;
  return product;
}

std::size_t round_to_line(std::size_t bytes) {
  return (bytes + 63) / 64 * 64;
}

}  // namespace

ConvTranspose::ConvTranspose(const ConvShape& shape, BrgemmSet& tiles, int threads)
    : shape_(shape), product_(product_of(shape), {}, tiles, threads) {}

std::size_t ConvTranspose::packed_size() const noexcept {
  return static_cast<std::size_t>(shape_.in_channels * rows_of(shape_));
}

void ConvTranspose::pack(const float* weights, float* packed) const noexcept {
  std::copy(weights, weights + packed_size(), packed);
}

std::int64_t ConvTranspose::columns_size() const noexcept {
  return rows_of(shape_) * shape_.in_height * shape_.in_width;
}

std::size_t ConvTranspose::scratch_bytes() const noexcept {
  return round_to_line(static_cast<std::size_t>(columns_size()) * sizeof(float)) +
         product_.scratch_bytes(false);
}

void ConvTranspose::run(const KernelContext& context, const float* input, const float* packed,
                        const Epilogue& epilogue, float* output, void* scratch) const noexcept {
  auto* columns = static_cast<float*>(scratch);
  void* rest = static_cast<char*>(scratch) +
               round_to_line(static_cast<std::size_t>(columns_size()) * sizeof(float));
  const std::int64_t group_in = shape_.in_channels / shape_.groups;
  const std::int64_t group_out = shape_.out_channels / shape_.groups;
  const std::int64_t in_size = group_in * shape_.in_height * shape_.in_width;
  const std::int64_t out_size = group_out * shape_.out_height * shape_.out_width;
  for (std::int64_t i = 0; i < shape_.batch * shape_.groups; ++i) {
    const std::int64_t group = i % shape_.groups;
    product_.run(context, packed + group * group_in * rows_of(shape_), input + i * in_size, {},
                 columns, rest);
    Epilogue part = epilogue;
    if (part.residual) part.residual += i * out_size;
    add_up(context, columns, group * group_out, part, output + i * out_size);
  }
}

void ConvTranspose::add_up(const KernelContext& context, const float* columns,
                           std::int64_t first_channel, const Epilogue& epilogue,
                           float* output) const noexcept {
  const ConvShape& s = shape_;
  const std::int64_t taps = s.kernel_height * s.kernel_width;
  const std::int64_t in_plane = s.in_height * s.in_width;
  const std::int64_t out_plane = s.out_height * s.out_width;
  const auto add_tap = [&](std::int64_t ky, std::int64_t kx, const float* from, float* to) {
    for (std::int64_t y = 0; y < s.in_height; ++y, from += s.in_width) {
      const std::int64_t out_y = y * s.stride_height + ky * s.dilation_height - s.pad_top;
      if (out_y < 0 || out_y >= s.out_height) continue;
      for (std::int64_t x = 0; x < s.in_width; ++x) {
        const std::int64_t out_x = x * s.stride_width + kx * s.dilation_width - s.pad_left;
        if (out_x >= 0 && out_x < s.out_width) to[out_y * s.out_width + out_x] += from[x];
      }
    }
  };
  const auto add_channels = [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t channel = first; channel < last; ++channel) {
      float* to = output + channel * out_plane;
      if (!epilogue.residual) {
        std::fill(to, to + out_plane, 0.0F);
      } else if (epilogue.residual != output) {
        std::copy_n(epilogue.residual + channel * out_plane, out_plane, to);
      }
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        add_tap(tap / s.kernel_width, tap % s.kernel_width,
                columns + (channel * taps + tap) * in_plane, to);
      }
      const float bias = epilogue.bias ? epilogue.bias[first_channel + channel] : 0.0F;
      if (epilogue.bias) context.loops.scale_shift(out_plane, to, 1.0F, bias, to);
      context.loops.unary(epilogue.activation, out_plane, to, to);
    }
  };
  for_tasks(context, s.out_channels / s.groups, taps * in_plane, add_channels);
}

}  // namespace headway
