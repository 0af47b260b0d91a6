#include "kernels/conv/conv.h"

#include "kernels/test_support.h"

namespace headway {
namespace {

class ConvTest : public EveryIsa {};
HEADWAY_TEST_EVERY_ISA(ConvTest);

std::int64_t out_extent(std::int64_t in, std::int64_t pads, std::int64_t kernel,
                        std::int64_t stride, std::int64_t dilation) {
  return (in + pads - (kernel - 1) * dilation - 1) / stride + 1;
}

ConvShape any_shape(Generator& generator) {
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

double sum_at(const ConvShape& s, const GuardedFloats& input, const GuardedFloats& weights,
              std::int64_t image, std::int64_t channel, std::int64_t out_y, std::int64_t out_x) {
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

void check(const KernelContext& context, const ConvShape& shape, Generator& generator) {
  const std::int64_t pixels = shape.out_height * shape.out_width;
  GuardedFloats input(shape.batch * shape.in_channels * shape.in_height * shape.in_width);
  GuardedFloats weights(shape.out_channels * shape.in_channels / shape.groups *
                        shape.kernel_height * shape.kernel_width);
  GuardedFloats bias(shape.out_channels);
  GuardedFloats output(shape.batch * shape.out_channels * pixels);
  for (GuardedFloats* floats : {&input, &weights, &bias, &output}) generator.fill(*floats);

  Epilogue epilogue;
  epilogue.activation = any_activation(generator);
  if (generator.chance(0.7)) epilogue.bias = bias.data();
  if (generator.chance(0.5)) epilogue.residual = output.data();
  std::vector<double> expected;
  for (std::int64_t i = 0; i < output.size(); ++i) {
    const std::int64_t channel = i / pixels % shape.out_channels;
    double sum = sum_at(shape, input, weights, i / pixels / shape.out_channels, channel,
                        i % pixels / shape.out_width, i % shape.out_width);
    if (epilogue.bias) sum += static_cast<double>(bias[channel]);
    if (epilogue.residual) sum += static_cast<double>(output[i]);
    expected.push_back(activate(epilogue.activation, sum));
  }

  const Conv conv(shape, context.loops);
  GuardedFloats packed(static_cast<std::int64_t>(conv.packed_size()));
  conv.pack(weights.data(), packed.data());
  GuardedFloats scratch(
      static_cast<std::int64_t>(conv.scratch_bytes(context.pool.threads()) / sizeof(float)));
  conv.run(context, input.data(), packed.data(), epilogue, output.data(), scratch.data());
  SCOPED_TRACE(testing::Message() << conv.algorithm() << " " << shape.batch << "x"
                                  << shape.in_channels << "x" << shape.in_height << "x"
                                  << shape.in_width << " -> " << shape.out_channels << "x"
                                  << shape.out_height << "x" << shape.out_width << " groups "
                                  << shape.groups << " kernel " << shape.kernel_height << "x"
                                  << shape.kernel_width << " stride " << shape.stride_height << "x"
                                  << shape.stride_width << " pad " << shape.pad_top << ","
                                  << shape.pad_left);
  expect_near(output, expected, 2e-5);
}

TEST_P(ConvTest, EqualsPlainLoopsOverGeneratedShapes) {
  Generator generator(1);
  for (int round = 0; round < 120 && !HasFatalFailure(); ++round) {
    check(context(), any_shape(generator), generator);
  }
}

TEST_P(ConvTest, SumsOverSeveralBlocksOfDepth) {
  Generator generator(2);
  for (std::int64_t extent : {7, 9, 16}) {
    ConvShape shape;
    shape.in_channels = 130;
    shape.out_channels = 33;
    shape.kernel_height = shape.kernel_width = 3;
    shape.pad_top = shape.pad_left = 1;
    shape.in_height = shape.in_width = shape.out_height = shape.out_width = extent;
    check(context(), shape, generator);
  }
}

TEST_P(ConvTest, OnePixelAndOneChannel) {
  Generator generator(3);
  ConvShape shape;
  shape.in_channels = 3;
  shape.out_channels = 1;
  shape.in_height = shape.in_width = shape.out_height = shape.out_width = 1;
  check(context(), shape, generator);
  shape.in_channels = 1;
  check(context(), shape, generator);
}

TEST_P(ConvTest, BlocksOfManyPixels) {
  Generator generator(4);
  ConvShape shape;
  shape.in_channels = 3;
  shape.out_channels = 8;
  shape.kernel_height = shape.kernel_width = 7;
  shape.stride_height = shape.stride_width = 2;
  shape.pad_top = shape.pad_left = 3;
  shape.in_height = shape.in_width = 101;
  shape.out_height = shape.out_width = 51;
  check(context(), shape, generator);
}

}  // namespace
}  // namespace headway
