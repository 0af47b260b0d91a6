#include "kernels/conv/conv_transpose.h"

#include "kernels/test_support.h"

namespace headway {
namespace {

class ConvTransposeTest : public EveryIsa {};
HEADWAY_TEST_EVERY_ISA(ConvTransposeTest);

ConvShape any_shape(Generator& generator) {
  ConvShape s;
  s.batch = generator.integer(1, 2);
  s.groups = generator.integer(1, 3);
  s.in_channels = s.groups * generator.integer(1, 12);
  s.out_channels = s.groups * generator.integer(1, 12);
  s.in_height = generator.integer(1, 9);
  s.in_width = generator.integer(1, 20);
  s.kernel_height = generator.integer(1, 4);
  s.kernel_width = generator.integer(1, 4);
  s.stride_height = generator.integer(1, 3);
  s.stride_width = generator.integer(1, 3);
  s.dilation_height = generator.integer(1, 2);
  s.dilation_width = generator.integer(1, 2);
  s.pad_top = generator.integer(0, s.kernel_height - 1);
  s.pad_left = generator.integer(0, s.kernel_width - 1);
  const auto out = [&](std::int64_t in, std::int64_t stride, std::int64_t kernel,
                       std::int64_t dilation, std::int64_t pads) {
    return std::max<std::int64_t>(1, (in - 1) * stride + (kernel - 1) * dilation + 1 - pads);
  };
  s.out_height = out(s.in_height, s.stride_height, s.kernel_height, s.dilation_height, s.pad_top);
  s.out_width = out(s.in_width, s.stride_width, s.kernel_width, s.dilation_width, s.pad_left);
  return s;
}

/// Every input pixel adds its weights to the pixels it reaches.
std::vector<double> scatter(const ConvShape& s, const GuardedFloats& input,
                            const GuardedFloats& weights) {
  const std::int64_t group_out = s.out_channels / s.groups;
  const std::int64_t pixels = s.in_height * s.in_width;
  std::vector<double> output(
      static_cast<std::size_t>(s.batch * s.out_channels * s.out_height * s.out_width));
  for (std::int64_t i = 0; i < input.size(); ++i) {
    const std::int64_t image = i / pixels / s.in_channels;
    const std::int64_t in_channel = i / pixels % s.in_channels;
    const std::int64_t first_out = in_channel / (s.in_channels / s.groups) * group_out;
    for (std::int64_t k = 0; k < group_out * s.kernel_height * s.kernel_width; ++k) {
      const std::int64_t kx = k % s.kernel_width;
      const std::int64_t ky = k / s.kernel_width % s.kernel_height;
      const std::int64_t channel = first_out + k / s.kernel_width / s.kernel_height;
      const std::int64_t y =
          i % pixels / s.in_width * s.stride_height + ky * s.dilation_height - s.pad_top;
      const std::int64_t x = i % s.in_width * s.stride_width + kx * s.dilation_width - s.pad_left;
      if (y < 0 || y >= s.out_height || x < 0 || x >= s.out_width) continue;
      const std::int64_t at =
          ((image * s.out_channels + channel) * s.out_height + y) * s.out_width + x;
      const std::int64_t weight = in_channel * group_out * s.kernel_height * s.kernel_width + k;
      output[static_cast<std::size_t>(at)] +=
          static_cast<double>(input[i]) * static_cast<double>(weights[weight]);
    }
  }
  return output;
}

TEST_P(ConvTransposeTest, EqualsPlainLoopsOverGeneratedShapes) {
  Generator generator(1);
  for (int round = 0; round < 60 && !HasFatalFailure(); ++round) {
    const ConvShape s = any_shape(generator);
    GuardedFloats input(s.batch * s.in_channels * s.in_height * s.in_width);
    GuardedFloats weights(s.in_channels * s.out_channels / s.groups * s.kernel_height *
                          s.kernel_width);
    GuardedFloats bias(s.out_channels);
    GuardedFloats output(s.batch * s.out_channels * s.out_height * s.out_width);
    for (GuardedFloats* floats : {&input, &weights, &bias, &output}) generator.fill(*floats);
    Epilogue epilogue;
    epilogue.activation = any_activation(generator);
    if (generator.chance(0.5)) epilogue.bias = bias.data();
    if (generator.chance(0.5)) epilogue.residual = output.data();
    std::vector<double> expected = scatter(s, input, weights);
    for (std::int64_t i = 0; i < output.size(); ++i) {
      double& sum = expected[static_cast<std::size_t>(i)];
      if (epilogue.bias) {
        sum += static_cast<double>(bias[i / (s.out_height * s.out_width) % s.out_channels]);
      }
      if (epilogue.residual) sum += static_cast<double>(output[i]);
      sum = activate(epilogue.activation, sum);
    }
    BrgemmSet tiles(loops());
    const ConvTranspose conv(s, {.in = 1, .out = 1}, tiles, context().pool.threads());
    GuardedFloats packed(static_cast<std::int64_t>(conv.packed_size()));
    conv.pack(weights.data(), packed.data());
    GuardedFloats scratch(static_cast<std::int64_t>(conv.scratch_bytes() / sizeof(float)));
    conv.run(context(), input.data(), packed.data(), epilogue, output.data(), scratch.data());
    expect_near(output, expected, 2e-5);
  }
}

}  // namespace
}  // namespace headway
