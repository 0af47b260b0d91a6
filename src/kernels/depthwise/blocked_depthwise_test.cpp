#include "kernels/depthwise/blocked_depthwise.h"

#include "kernels/test_support.h"

namespace headway {
namespace {

class BlockedDepthwiseTest : public EveryIsa {};
HEADWAY_TEST_EVERY_ISA(BlockedDepthwiseTest);

std::int64_t any_out_extent(Generator& generator, std::int64_t in, std::int64_t pad,
                            std::int64_t window, std::int64_t stride) {
  const std::int64_t room = in + pad + generator.integer(0, window - 1) - window;
  return std::max<std::int64_t>(room, 0) / stride + 1;
}

ConvShape any_shape(Generator& generator) {
  constexpr std::int64_t kHotKernels[] = {3, 5};
  ConvShape shape;
  shape.batch = generator.integer(1, 2);
  shape.groups = shape.in_channels = shape.out_channels = generator.integer(1, 40);
  const bool hot = generator.chance(0.6);
  shape.kernel_height = hot ? kHotKernels[generator.integer(0, 1)] : generator.integer(1, 7);
  shape.kernel_width = hot ? shape.kernel_height : generator.integer(1, 7);
  shape.stride_height = generator.integer(1, 2);
  shape.stride_width = hot ? generator.integer(1, 2) : generator.integer(1, 4);
  shape.dilation_height = hot ? 1 : generator.integer(1, 3);
  shape.dilation_width = hot ? 1 : generator.integer(1, 3);
  const std::int64_t window_height = (shape.kernel_height - 1) * shape.dilation_height + 1;
  const std::int64_t window_width = (shape.kernel_width - 1) * shape.dilation_width + 1;
  shape.pad_top = generator.integer(0, window_height - 1);
  shape.pad_left = generator.integer(0, window_width - 1);
  shape.in_height = generator.integer(1, 20);
  shape.in_width = generator.integer(1, 40);
  shape.out_height =
      any_out_extent(generator, shape.in_height, shape.pad_top, window_height, shape.stride_height);
  shape.out_width =
      any_out_extent(generator, shape.in_width, shape.pad_left, window_width, shape.stride_width);
  return shape;
}

BlockedLayout input_layout(const ConvShape& s, std::int64_t lanes) {
  return {s.batch, s.in_channels, s.in_height, s.in_width, lanes};
}

double sum_at(const ConvShape& s, const GuardedFloats& input, std::int64_t lanes,
              const GuardedFloats& weights, std::int64_t image, std::int64_t channel,
              std::int64_t out_y, std::int64_t out_x) {
  const BlockedLayout layout = input_layout(s, lanes);
  double sum = 0;
  for (std::int64_t ky = 0; ky < s.kernel_height; ++ky) {
    const std::int64_t y = out_y * s.stride_height + ky * s.dilation_height - s.pad_top;
    if (y < 0 || y >= s.in_height) continue;
    for (std::int64_t kx = 0; kx < s.kernel_width; ++kx) {
      const std::int64_t x = out_x * s.stride_width + kx * s.dilation_width - s.pad_left;
      if (x < 0 || x >= s.in_width) continue;
      sum += static_cast<double>(input[layout.at(image, channel, y, x)]) *
             static_cast<double>(weights[(channel * s.kernel_height + ky) * s.kernel_width + kx]);
    }
  }
  return sum;
}

void expect_equals_plain_loops(const KernelContext& context, const ConvShape& s,
                               Generator& generator) {
  const std::int64_t lanes = context.loops.width;
  const BlockedLayout layout{s.batch, s.out_channels, s.out_height, s.out_width, lanes};
  GuardedFloats input(input_layout(s, lanes).size());
  GuardedFloats weights(s.out_channels * s.kernel_height * s.kernel_width);
  GuardedFloats bias(layout.blocks() * lanes);
  GuardedFloats output(layout.size());
  for (GuardedFloats* floats : {&input, &weights, &bias, &output}) generator.fill(*floats);
  input_layout(s, lanes).spoil_unused(input);

  Epilogue epilogue;
  epilogue.activation = any_activation(generator);
  if (generator.chance(0.7)) epilogue.bias = bias.data();
  if (generator.chance(0.5)) epilogue.residual = output.data();
  std::vector<std::pair<std::int64_t, double>> expected;
  for (std::int64_t image = 0; image < s.batch; ++image) {
    for (std::int64_t channel = 0; channel < s.out_channels; ++channel) {
      for (std::int64_t i = 0; i < s.out_height * s.out_width; ++i) {
        const std::int64_t y = i / s.out_width, x = i % s.out_width;
        const std::int64_t at = layout.at(image, channel, y, x);
        double sum = sum_at(s, input, lanes, weights, image, channel, y, x);
        if (epilogue.bias) sum += static_cast<double>(bias[channel]);
        if (epilogue.residual) sum += static_cast<double>(output[at]);
        expected.emplace_back(at, activate(epilogue.activation, sum));
      }
    }
  }

  const BlockedDepthwise depthwise(s, context.loops);
  GuardedFloats packed(static_cast<std::int64_t>(depthwise.packed_size()));
  depthwise.pack(weights.data(), packed.data());
  depthwise.run(context, input.data(), packed.data(), epilogue, output.data(), nullptr);
  for (const auto& [at, wanted] : expected) {
    ASSERT_NEAR(output[at], wanted, 2e-5 * (1 + std::fabs(wanted)))
        << "element " << at << " of " << s.out_channels << " channels " << s.in_height << "x"
        << s.in_width << " -> " << s.out_height << "x" << s.out_width << ", kernel "
        << s.kernel_height << "x" << s.kernel_width << " stride " << s.stride_height << "x"
        << s.stride_width << " dilation " << s.dilation_height << "x" << s.dilation_width << " pad "
        << s.pad_top << "," << s.pad_left;
  }
}

TEST_P(BlockedDepthwiseTest, EqualsPlainLoopsOverGeneratedShapes) {
  Generator generator(1);
  for (int round = 0; round < 200 && !HasFatalFailure(); ++round) {
    expect_equals_plain_loops(context(), any_shape(generator), generator);
  }
}

TEST_P(BlockedDepthwiseTest, WindowsWiderThanTheImage) {
  Generator generator(2);
  for (std::int64_t kernel : {3, 5, 7}) {
    for (std::int64_t extent : {1, 2, 4}) {
      ConvShape shape;
      shape.groups = shape.in_channels = shape.out_channels = 17;
      shape.kernel_height = shape.kernel_width = kernel;
      shape.pad_top = shape.pad_left = kernel / 2;
      shape.in_height = shape.in_width = shape.out_height = shape.out_width = extent;
      expect_equals_plain_loops(context(), shape, generator);
    }
  }
}

TEST_P(BlockedDepthwiseTest, BandsOfSeveralThreads) {
  Generator generator(3);
  for (std::int64_t stride : {1, 2}) {
    ConvShape shape;
    shape.groups = shape.in_channels = shape.out_channels = 70;
    shape.kernel_height = shape.kernel_width = 3;
    shape.pad_top = shape.pad_left = 1;
    shape.stride_height = shape.stride_width = stride;
    shape.in_height = shape.in_width = 29;
    shape.out_height = shape.out_width = 28 / stride + 1;
    expect_equals_plain_loops(context(), shape, generator);
  }
}

}  // namespace
}  // namespace headway
