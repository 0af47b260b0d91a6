#include "kernels/conv/conv_transpose.h"

#include <algorithm>

#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

std::int64_t rows_of(const ConvShape& shape, const SlideAxis& depth) {
  return shape.out_channels / shape.groups * depth.kernel * shape.kernel_height *
         shape.kernel_width;
}

/// columns[channel, kz, ky, kx][pixel] = weights^T · image, per image and group.
GemmShape product_of(const ConvShape& shape, const SlideAxis& depth) {
  GemmShape product;
  product.m = rows_of(shape, depth);
  product.n = depth.in * shape.in_height * shape.in_width;
  product.k = shape.in_channels / shape.groups;
  product.transpose_a = true;
  return product;
}

std::size_t round_to_line(std::size_t bytes) {
  return (bytes + 63) / 64 * 64;
}

}  // namespace

ConvTranspose::ConvTranspose(const ConvShape& shape, const SlideAxis& depth, BrgemmSet& tiles,
                             int threads)
    : shape_(shape), depth_(depth), product_(product_of(shape, depth), {}, tiles, threads) {}

std::size_t ConvTranspose::packed_size() const noexcept {
  return static_cast<std::size_t>(shape_.in_channels * rows_of(shape_, depth_));
}

void ConvTranspose::pack(const float* weights, float* packed) const noexcept {
  std::copy(weights, weights + packed_size(), packed);
}

std::int64_t ConvTranspose::columns_size() const noexcept {
  return rows_of(shape_, depth_) * depth_.in * shape_.in_height * shape_.in_width;
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
  const std::int64_t in_size = group_in * depth_.in * shape_.in_height * shape_.in_width;
  const std::int64_t out_size = group_out * depth_.out * shape_.out_height * shape_.out_width;
  for (std::int64_t i = 0; i < shape_.batch * shape_.groups; ++i) {
    const std::int64_t group = i % shape_.groups;
    product_.run(context, packed + group * group_in * rows_of(shape_, depth_), input + i * in_size,
                 {}, columns, rest);
    Epilogue part = epilogue;
    if (part.residual) part.residual += i * out_size;
    add_up(context, columns, group * group_out, part, output + i * out_size);
  }
}

/// Adds what one tap, of all pixels, contributes to one channel.
void ConvTranspose::add_tap(std::int64_t tap, const float* from, float* to) const noexcept {
  const ConvShape& s = shape_;
  const std::int64_t kx = tap % s.kernel_width, ky = tap / s.kernel_width % s.kernel_height;
  const std::int64_t kz = tap / s.kernel_width / s.kernel_height;
  const std::int64_t shift = kx * s.dilation_width - s.pad_left;
  const auto steps_to = [&](std::int64_t x) {
    return std::clamp<std::int64_t>((x - shift + s.stride_width - 1) / s.stride_width, 0,
                                    s.in_width);
  };
  const Range inside{shift < 0 ? steps_to(0) : 0, s.out_width > shift ? steps_to(s.out_width) : 0};
  for (std::int64_t line = 0; line < depth_.in * s.in_height; ++line, from += s.in_width) {
    const std::int64_t z = line / s.in_height * depth_.stride + kz * depth_.dilation - depth_.pad;
    const std::int64_t y =
        line % s.in_height * s.stride_height + ky * s.dilation_height - s.pad_top;
    if (z < 0 || z >= depth_.out || y < 0 || y >= s.out_height) continue;
    float* row = to + (z * s.out_height + y) * s.out_width;
    for (std::int64_t i = inside.first; i < inside.last; ++i) {
      row[i * s.stride_width + shift] += from[i];
    }
  }
}

void ConvTranspose::add_up(const KernelContext& context, const float* columns,
                           std::int64_t first_channel, const Epilogue& epilogue,
                           float* output) const noexcept {
  const ConvShape& s = shape_;
  const std::int64_t taps = depth_.kernel * s.kernel_height * s.kernel_width;
  const std::int64_t in_points = depth_.in * s.in_height * s.in_width;
  const std::int64_t out_points = depth_.out * s.out_height * s.out_width;
  const auto add_channels = [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t channel = first; channel < last; ++channel) {
      float* to = output + channel * out_points;
      if (!epilogue.residual) {
        std::fill(to, to + out_points, 0.0F);
      } else if (epilogue.residual != output) {
        std::copy_n(epilogue.residual + channel * out_points, out_points, to);
      }
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        add_tap(tap, columns + (channel * taps + tap) * in_points, to);
      }
      const float bias = epilogue.bias ? epilogue.bias[first_channel + channel] : 0.0F;
      if (epilogue.bias) context.loops.scale_shift(out_points, to, 1.0F, bias, to);
      context.loops.unary(epilogue.activation, out_points, to, to);
    }
  };
  for_tasks(context, s.out_channels / s.groups, taps * in_points, add_channels);
}

}  // namespace headway
