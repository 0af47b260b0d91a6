#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "models/architectures.h"
#include "models/builder.h"
#include "models/squeeze_excitation.h"
#include "models/variant.h"

namespace headway::models {
namespace {

/// Of a bottleneck that is added to its input, so that the sum does not grow block by block.
constexpr NormOptions kBranch = {.deviation = 0.5};

/// Around zero, SiLU stretches large deviations more than small ones, and errors of the expected
/// deviations would grow layer by layer; a little above zero it does the opposite.
constexpr NormOptions kBeforeSilu = {.mean = 0.5};

enum Kind {
  kPlain,  ///< An expansion, a depthwise convolution, squeeze and excitation, a projection.
  kFused   ///< An ordinary convolution instead of the first three.
};
struct Stage {
  Kind kind;
  std::int64_t expansion, kernel, stride, channels, blocks;
};
constexpr std::array<Stage, 7> kFirst = {{{kPlain, 1, 3, 1, 16, 1},
                                          {kPlain, 6, 3, 2, 24, 2},
                                          {kPlain, 6, 5, 2, 40, 2},
                                          {kPlain, 6, 3, 2, 80, 3},
                                          {kPlain, 6, 5, 1, 112, 3},
                                          {kPlain, 6, 5, 2, 192, 4},
                                          {kPlain, 6, 3, 1, 320, 1}}};
constexpr std::array<Stage, 6> kSecondSmall = {{{kFused, 1, 3, 1, 24, 2},
                                                {kFused, 4, 3, 2, 48, 4},
                                                {kFused, 4, 3, 2, 64, 4},
                                                {kPlain, 4, 3, 2, 128, 6},
                                                {kPlain, 6, 3, 1, 160, 9},
                                                {kPlain, 6, 3, 2, 256, 15}}};
constexpr std::array<Stage, 7> kSecondMedium = {{{kFused, 1, 3, 1, 24, 3},
                                                 {kFused, 4, 3, 2, 48, 5},
                                                 {kFused, 4, 3, 2, 80, 5},
                                                 {kPlain, 4, 3, 2, 160, 7},
                                                 {kPlain, 6, 3, 1, 176, 14},
                                                 {kPlain, 6, 3, 2, 304, 18},
                                                 {kPlain, 6, 3, 1, 512, 5}}};
constexpr std::array<Stage, 7> kSecondLarge = {{{kFused, 1, 3, 1, 32, 4},
                                                {kFused, 4, 3, 2, 64, 7},
                                                {kFused, 4, 3, 2, 96, 7},
                                                {kPlain, 4, 3, 2, 192, 10},
                                                {kPlain, 6, 3, 1, 224, 19},
                                                {kPlain, 6, 3, 2, 384, 25},
                                                {kPlain, 6, 3, 1, 640, 7}}};

/// The first generation is scaled in width and depth; the second has one table a size.
struct Variant {
  std::string_view name;
  std::span<const Stage> stages;
  std::int64_t first_channels;
  double width, depth;
  float norm_epsilon;
};
constexpr std::array kVariants = {
    Variant{"efficientnet_b0", kFirst, 32, 1.0, 1.0, 1e-5f},
    Variant{"efficientnet_b1", kFirst, 32, 1.0, 1.1, 1e-5f},
    Variant{"efficientnet_b2", kFirst, 32, 1.1, 1.2, 1e-5f},
    Variant{"efficientnet_b3", kFirst, 32, 1.2, 1.4, 1e-5f},
    Variant{"efficientnet_b4", kFirst, 32, 1.4, 1.8, 1e-5f},
    Variant{"efficientnet_b5", kFirst, 32, 1.6, 2.2, 1e-3f},
    Variant{"efficientnet_b6", kFirst, 32, 1.8, 2.6, 1e-3f},
    Variant{"efficientnet_b7", kFirst, 32, 2.0, 3.1, 1e-3f},
    Variant{"efficientnet_v2_l", kSecondLarge, 32, 1, 1, 1e-3f},
    Variant{"efficientnet_v2_m", kSecondMedium, 24, 1, 1, 1e-3f},
    Variant{"efficientnet_v2_s", kSecondSmall, 24, 1, 1, 1e-3f},
};

Value* conv_bn(ModelBuilder& b, Value* x, const ConvOptions& options, const NormOptions& norm) {
  return b.batch_norm("1", b.conv("0", x, options), norm);
}

Value* conv_bn_silu(ModelBuilder& b, Value* x, const ConvOptions& options) {
  return b.silu("2", conv_bn(b, x, options, kBeforeSilu));
}

Value* inverted_bottleneck(ModelBuilder& b, Value* x, const Stage& stage, std::int64_t channels,
                           std::int64_t stride) {
  const std::int64_t hidden =
      make_divisible(static_cast<double>(b.channels(x) * stage.expansion), 8);
  const bool residual = stride == 1 && b.channels(x) == channels;
  int index = 0;
  Value* y = x;
  {
    const auto block = b.enter("block");
    if (stage.expansion != 1) {
      const auto expand = b.enter(index++);
      y = conv_bn_silu(b, y, {.out_channels = hidden});
    }
    {
      const auto depthwise = b.enter(index++);
      y = conv_bn_silu(b, y,
                       {.out_channels = hidden,
                        .kernel = stage.kernel,
                        .stride = stride,
                        .padding = (stage.kernel - 1) / 2,
                        .groups = hidden});
    }
    {
      const auto excitation = b.enter(index++);
      const auto squeezed = std::max<std::int64_t>(1, b.channels(x) / 4);
      y = SqueezeExcitation{squeezed, &ModelBuilder::silu, &ModelBuilder::sigmoid}.build(b, y);
    }
    const auto project = b.enter(index);
    y = conv_bn(b, y, {.out_channels = channels}, residual ? kBranch : NormOptions{});
  }
  return residual ? b.add("Add", y, x) : y;
}

Value* fused_bottleneck(ModelBuilder& b, Value* x, const Stage& stage, std::int64_t channels,
                        std::int64_t stride) {
  const bool residual = stride == 1 && b.channels(x) == channels;
  ConvOptions wide = {.out_channels = channels,
                      .kernel = stage.kernel,
                      .stride = stride,
                      .padding = (stage.kernel - 1) / 2};
  Value* y = x;
  {
    const auto block = b.enter("block");
    const auto first = b.enter("0");
    if (stage.expansion != 1) wide.out_channels = b.channels(x) * stage.expansion;
    y = conv_bn_silu(b, y, wide);
  }
  if (stage.expansion != 1) {
    const auto block = b.enter("block");
    const auto project = b.enter("1");
    y = conv_bn(b, y, {.out_channels = channels}, residual ? kBranch : NormOptions{});
  }
  return residual ? b.add("Add", y, x) : y;
}

Value* features(ModelBuilder& b, Value* x, const Variant& variant) {
  const auto scaled = [&](std::int64_t channels) {
    return make_divisible(static_cast<double>(channels) * variant.width, 8);
  };
  const auto scope = b.enter("features");
  int index = 0;
  {
    const auto stem = b.enter(index++);
    x = conv_bn_silu(
        b, x,
        {.out_channels = scaled(variant.first_channels), .kernel = 3, .stride = 2, .padding = 1});
  }
  for (const Stage& stage : variant.stages) {
    const auto sequence = b.enter(index++);
    const auto blocks =
        static_cast<std::int64_t>(std::ceil(static_cast<double>(stage.blocks) * variant.depth));
    for (std::int64_t block = 0; block < blocks; ++block) {
      const auto layer = b.enter(block);
      const auto build = stage.kind == kFused ? fused_bottleneck : inverted_bottleneck;
      x = build(b, x, stage, scaled(stage.channels), block == 0 ? stage.stride : 1);
    }
  }
  const auto head = b.enter(index);
  return conv_bn_silu(b, x, {.out_channels = variant.width == 1 ? 1280 : 4 * b.channels(x)});
}

}  // namespace

Graph efficientnet(std::string_view name, const ModelOptions& options) {
  const Variant& variant = find_variant(kVariants, name);
  ModelBuilder b(name, options, variant.norm_epsilon);
  Value* x = features(b, b.image(), variant);
  x = b.global_average_pool("avgpool", x);
  x = b.flatten("Flatten", x);
  const auto scope = b.enter("classifier");
  return b.finish(b.linear("1", x, options.num_classes));
}

}  // namespace headway::models
