#include "kernels/conv/blocked_conv.h"

#include "kernels/conv/conv_testing.h"

namespace headway {
namespace {

class BlockedConvTest : public EveryIsa {};
HEADWAY_TEST_EVERY_ISA(BlockedConvTest);

std::int64_t blocked_size(std::int64_t batch, std::int64_t channels, std::int64_t pixels,
                          std::int64_t width) {
  return batch * ((channels + width - 1) / width) * pixels * width;
}

/// Winograd's transforms magnify rounding errors, the more the larger the tiles.
double tolerance_of(ConvAlgorithm algorithm) {
  if (algorithm == ConvAlgorithm::kWinograd6x6) return 1e-3;
  const bool by_fours =
      algorithm == ConvAlgorithm::kWinograd4x4 || algorithm == ConvAlgorithm::kWinograd4x4Half;
  return by_fours ? 2e-4 : 2e-5;
}

void check(const KernelContext& context, ConvAlgorithm algorithm, const ConvCase& test,
           bool plain_input) {
  const ConvShape& s = test.shape;
  SCOPED_TRACE(test.described() << " " << name_of(algorithm));
  const int width = context.loops.width;
  const std::int64_t in_pixels = s.in_height * s.in_width, pixels = s.out_height * s.out_width;
  GuardedFloats input(blocked_size(s.batch, s.in_channels, in_pixels, width));
  to_blocked(test.input, s.batch, s.in_channels, in_pixels, width, input);
  GuardedFloats output(blocked_size(s.batch, s.out_channels, pixels, width));
  to_blocked(test.residual, s.batch, s.out_channels, pixels, width, output);
  GuardedFloats bias(blocked_size(1, s.out_channels, 1, width));
  to_blocked(test.bias, 1, s.out_channels, 1, width, bias);

  BrgemmSet tiles(context.loops);
  const ConvPlan plan{
      .epilogue = test.kind, .plain_input = plain_input, .threads = context.pool.threads()};
  const auto conv = plan_conv(algorithm, s, plan, tiles);
  GuardedFloats packed(static_cast<std::int64_t>(conv->packed_size()));
  conv->pack(test.weights.data(), packed.data());
  GuardedFloats scratch(static_cast<std::int64_t>(conv->scratch_bytes() / sizeof(float)));
  const Epilogue epilogue{test.kind.bias ? bias.data() : nullptr,
                          test.kind.residual ? output.data() : nullptr, test.kind.activation};
  conv->run(context, plain_input ? test.input.data() : input.data(), packed.data(), epilogue,
            output.data(), scratch.data());
  GuardedFloats plain(test.residual.size());
  to_plain(output, s.out_channels, pixels, width, plain);
  expect_near(plain, test.expected(), tolerance_of(algorithm));
}

void check(const KernelContext& context, const ConvShape& shape, Generator& generator) {
  const ConvCase test(shape, generator);
  for (const ConvAlgorithm algorithm : conv_algorithms(
           shape, {.epilogue = test.kind, .threads = context.pool.threads()}, context.loops)) {
    check(context, algorithm, test, false);
  }
  check(context, ConvAlgorithm::kDirect, test, shape.groups == 1 && generator.chance(0.5));
}

TEST_P(BlockedConvTest, EqualsPlainLoopsOverGeneratedShapes) {
  Generator generator(1);
  for (int round = 0; round < 200 && !HasFatalFailure(); ++round) {
    check(context(), any_shape(generator), generator);
  }
}

/// The input is scaled, shifted and clamped on the way, but pads are not.
TEST_P(BlockedConvTest, ScalesItsInput) {
  Generator generator(5);
  for (int round = 0; round < 40 && !HasFatalFailure(); ++round) {
    const ConvShape s = any_shape(generator);
    ConvCase test(s, generator);
    const int width = loops().width;
    const PrologueKind kind{true, generator.chance(0.7), generator.chance(0.5)};
    const std::int64_t lanes = blocked_size(1, s.in_channels, 1, width);
    GuardedFloats scale(s.batch * lanes), shift(lanes);
    generator.fill(scale);
    generator.fill(shift);
    const std::int64_t pixels = s.in_height * s.in_width, out_pixels = s.out_height * s.out_width;
    GuardedFloats input(blocked_size(s.batch, s.in_channels, pixels, width));
    to_blocked(test.input, s.batch, s.in_channels, pixels, width, input);
    for (std::int64_t i = 0; i < test.input.size(); ++i) {
      const std::int64_t channel = i / pixels % s.in_channels;
      float& x = test.input[i];
      x *= scale[i / pixels / s.in_channels * lanes + channel];
      if (kind.shift) x += shift[channel];
      if (kind.relu) x = std::fmax(x, 0.0F);
    }
    test.kind.bias = test.kind.residual = false;
    BrgemmSet tiles(loops());
    const auto conv = plan_conv(ConvAlgorithm::kDirect, s,
                                {.epilogue = test.kind, .prologue = kind, .threads = 3}, tiles);
    GuardedFloats packed(static_cast<std::int64_t>(conv->packed_size()));
    conv->pack(test.weights.data(), packed.data());
    GuardedFloats scratch(static_cast<std::int64_t>(conv->scratch_bytes() / sizeof(float)));
    GuardedFloats output(blocked_size(s.batch, s.out_channels, out_pixels, width));
    ConvInput scaled(input.data());
    scaled.scale = scale.data();
    scaled.scale_stride = lanes;
    if (kind.shift) scaled.shift = shift.data();
    conv->run(context(), scaled, packed.data(), {nullptr, nullptr, test.kind.activation},
              output.data(), scratch.data());
    GuardedFloats plain(test.residual.size());
    to_plain(output, s.out_channels, out_pixels, width, plain);
    SCOPED_TRACE(test.described());
    expect_near(plain, test.expected(), 2e-5);
  }
}

TEST_P(BlockedConvTest, PointwiseOverManyPixels) {
  Generator generator(2);
  for (const std::int64_t stride : {1, 2}) {
    ConvShape s{.batch = 2, .in_channels = 70, .in_height = 40, .in_width = 34, .out_channels = 40};
    s.stride_height = s.stride_width = stride;
    s.out_height = (s.in_height - 1) / stride + 1;
    s.out_width = (s.in_width - 1) / stride + 1;
    check(context(), s, generator);
  }
}

TEST_P(BlockedConvTest, SeveralBandsOfPaddedLines) {
  Generator generator(3);
  ConvShape s{.in_channels = 96, .in_height = 60, .in_width = 61, .out_channels = 20};
  s.out_height = s.in_height;
  s.out_width = s.in_width;
  s.kernel_height = s.kernel_width = 3;
  s.pad_top = s.pad_left = 1;
  check(context(), s, generator);
}

TEST_P(BlockedConvTest, OnePixelAndOneChannel) {
  Generator generator(4);
  for (const std::int64_t channels : {1, 3, 100}) {
    ConvShape s{.in_channels = channels, .in_height = 1, .in_width = 1, .out_channels = 1};
    s.out_height = s.out_width = 1;
    check(context(), s, generator);
    s.out_channels = 300;
    check(context(), s, generator);
  }
}

}  // namespace
}  // namespace headway
