#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "kernels/conv/conv_shape.h"
#include "kernels/epilogue.h"
#include "kernels/test_support.h"

namespace headway {

inline std::int64_t out_extent(std::int64_t in, std::int64_t pads, std::int64_t kernel,
                               std::int64_t stride, std::int64_t dilation) {
  return (in + pads - (kernel - 1) * dilation - 1) / stride + 1;
}

inline ConvShape any_shape(Generator& generator) {
  ConvShape shape;
  shape.batch = generator.integer(1, 2);
  shape.kernel_height = generator.integer(1, 5);
  shape.kernel_width = generator.chance(0.3) ? 1 : generator.integer(1, 5);
  shape.stride_height = generator.integer(1, 3);
  shape.stride_width = generator.integer(1, 3);
  shape.dilation_height = generator.integer(1, 2);
  shape.dilation_width = generator.integer(1, 3);
  shape.pad_top = generator.integer(0, 3);
  shape.pad_left = generator.integer(0, 3);
  shape.in_height = generator.integer((shape.kernel_height - 1) * shape.dilation_height + 1, 24);
  shape.in_width = generator.integer((shape.kernel_width - 1) * shape.dilation_width + 1, 60);
  shape.out_height = out_extent(shape.in_height, shape.pad_top + generator.integer(0, 2),
                                shape.kernel_height, shape.stride_height, shape.dilation_height);
  shape.out_width = out_extent(shape.in_width, shape.pad_left + generator.integer(0, 2),
                               shape.kernel_width, shape.stride_width, shape.dilation_width);
  shape.groups = generator.chance(0.4) ? generator.integer(1, 5) : 1;
  shape.in_channels = shape.groups * (generator.chance(0.4) ? 1 : generator.integer(1, 40));
  shape.out_channels = shape.groups * generator.integer(1, 50);
  return shape;
}

inline double sum_at(const ConvShape& s, const GuardedFloats& input, const GuardedFloats& weights,
                     std::int64_t image, std::int64_t channel, std::int64_t out_y,
                     std::int64_t out_x) {
  const std::int64_t in_channels = s.in_channels / s.groups;
  const std::int64_t group = channel / (s.out_channels / s.groups);
  double sum = 0;
  for (std::int64_t c = 0; c < in_channels; ++c) {
    for (std::int64_t ky = 0; ky < s.kernel_height; ++ky) {
      const std::int64_t y = out_y * s.stride_height + ky * s.dilation_height - s.pad_top;
      if (y < 0 || y >= s.in_height) continue;
      for (std::int64_t kx = 0; kx < s.kernel_width; ++kx) {
        const std::int64_t x = out_x * s.stride_width + kx * s.dilation_width - s.pad_left;
        if (x < 0 || x >= s.in_width) continue;
        const std::int64_t plane = image * s.in_channels + group * in_channels + c;
        const std::int64_t weight =
            ((channel * in_channels + c) * s.kernel_height + ky) * s.kernel_width + kx;
        sum += static_cast<double>(input[(plane * s.in_height + y) * s.in_width + x]) *
               static_cast<double>(weights[weight]);
      }
    }
  }
  return sum;
}

/// A convolution over generated data, all tensors plain, and what plain loops make of it.
struct ConvCase {
  ConvCase(const ConvShape& s, Generator& generator)
      : shape(s),
        input(s.batch * s.in_channels * s.in_height * s.in_width),
        weights(s.out_channels * s.in_channels / s.groups * s.kernel_height * s.kernel_width),
        bias(s.out_channels),
        residual(s.batch * s.out_channels * s.out_height * s.out_width) {
    for (GuardedFloats* floats : {&input, &weights, &bias, &residual}) generator.fill(*floats);
    kind.activation = any_activation(generator);
    kind.bias = generator.chance(0.7);
    kind.residual = generator.chance(0.5);
  }

  std::vector<double> expected() const {
    const std::int64_t pixels = shape.out_height * shape.out_width;
    std::vector<double> result;
    for (std::int64_t i = 0; i < residual.size(); ++i) {
      const std::int64_t channel = i / pixels % shape.out_channels;
      double sum = sum_at(shape, input, weights, i / pixels / shape.out_channels, channel,
                          i % pixels / shape.out_width, i % shape.out_width);
      if (kind.bias) sum += static_cast<double>(bias[channel]);
      if (kind.residual) sum += static_cast<double>(residual[i]);
      result.push_back(activate(kind.activation, sum));
    }
    return result;
  }

  testing::Message described() const {
    const ConvShape& s = shape;
    return testing::Message() << s.batch << "x" << s.in_channels << "x" << s.in_height << "x"
                              << s.in_width << " -> " << s.out_channels << "x" << s.out_height
                              << "x" << s.out_width << " groups " << s.groups << " kernel "
                              << s.kernel_height << "x" << s.kernel_width << " stride "
                              << s.stride_height << "x" << s.stride_width << " dilation "
                              << s.dilation_height << "x" << s.dilation_width << " pad "
                              << s.pad_top << "," << s.pad_left;
  }

  ConvShape shape;
  EpilogueKind kind;
  GuardedFloats input, weights, bias, residual;
};

/// Blocks of `width` channels, with NaN in the lanes beyond the last channel.
inline void to_blocked(const GuardedFloats& plain, std::int64_t batch, std::int64_t channels,
                       std::int64_t pixels, std::int64_t width, GuardedFloats& blocked) {
  const std::int64_t blocks = (channels + width - 1) / width;
  for (std::int64_t i = 0; i < blocked.size(); ++i) {
    const std::int64_t image = i / width / pixels / blocks, pixel = i / width % pixels;
    const std::int64_t channel = i / width / pixels % blocks * width + i % width;
    blocked[i] = channel < channels ? plain[(image * channels + channel) * pixels + pixel]
                                    : std::numeric_limits<float>::quiet_NaN();
  }
  ASSERT_EQ(blocked.size(), batch * blocks * pixels * width);
}

inline void to_plain(const GuardedFloats& blocked, std::int64_t channels, std::int64_t pixels,
                     std::int64_t width, GuardedFloats& plain) {
  const std::int64_t blocks = (channels + width - 1) / width;
  for (std::int64_t i = 0; i < plain.size(); ++i) {
    const std::int64_t image = i / pixels / channels, channel = i / pixels % channels;
    plain[i] = blocked[((image * blocks + channel / width) * pixels + i % pixels) * width +
                       channel % width];
  }
}

}  // namespace headway
