#include <algorithm>
#include <array>

#include "models/architectures.h"
#include "models/builder.h"

namespace headway::models {
namespace {

/// Of a bottleneck that is added to its input, so that the sum does not grow block by block.
constexpr NormOptions kBranch = {.deviation = 0.5};

/// Around zero, SiLU stretches large deviations more than small ones, and errors of the expected
/// deviations would grow layer by layer; a little above zero it does the opposite.
constexpr NormOptions kBeforeSilu = {.mean = 0.5};

struct Stage {
  std::int64_t expansion, kernel, stride, channels, blocks;
};
constexpr std::array<Stage, 7> kStages = {{{1, 3, 1, 16, 1},
                                           {6, 3, 2, 24, 2},
                                           {6, 5, 2, 40, 2},
                                           {6, 3, 2, 80, 3},
                                           {6, 5, 1, 112, 3},
                                           {6, 5, 2, 192, 4},
                                           {6, 3, 1, 320, 1}}};

Value* conv_bn(ModelBuilder& b, Value* x, const ConvOptions& options, const NormOptions& norm) {
  return b.batch_norm("1", b.conv("0", x, options), norm);
}

Value* conv_bn_silu(ModelBuilder& b, Value* x, const ConvOptions& options) {
  return b.silu("2", conv_bn(b, x, options, kBeforeSilu));
}

Value* squeeze_excitation(ModelBuilder& b, Value* x, std::int64_t squeezed) {
  Value* gate = b.global_average_pool("avgpool", x);
  // The little variance that averaging a whole map leaves is passed on as it is: blown up to 1, the
  // small errors of the expected means would grow block by block. The biases tell channels apart.
  ConvOptions squeeze = {.out_channels = squeezed, .bias = true, .bias_deviation = 0.5};
  squeeze.variance = b.variance(gate);
  ConvOptions excite = squeeze;
  excite.out_channels = b.channels(x);
  gate = b.conv("fc1", gate, squeeze);
  gate = b.silu("activation", gate);
  gate = b.conv("fc2", gate, excite);
  gate = b.sigmoid("scale_activation", gate);
  return b.multiply("Mul", x, gate);
}

Value* inverted_bottleneck(ModelBuilder& b, Value* x, const Stage& stage, std::int64_t stride) {
  const std::int64_t hidden = b.channels(x) * stage.expansion;
  const bool residual = stride == 1 && b.channels(x) == stage.channels;
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
      y = squeeze_excitation(b, y, std::max<std::int64_t>(1, b.channels(x) / 4));
    }
    const auto project = b.enter(index);
    y = conv_bn(b, y, {.out_channels = stage.channels}, residual ? kBranch : NormOptions{});
  }
  return residual ? b.add("Add", y, x) : y;
}

Value* features(ModelBuilder& b, Value* x) {
  const auto scope = b.enter("features");
  int index = 0;
  {
    const auto stem = b.enter(index++);
    x = conv_bn_silu(b, x, {.out_channels = 32, .kernel = 3, .stride = 2, .padding = 1});
  }
  for (const Stage& stage : kStages) {
    const auto sequence = b.enter(index++);
    for (std::int64_t block = 0; block < stage.blocks; ++block) {
      const auto layer = b.enter(block);
      x = inverted_bottleneck(b, x, stage, block == 0 ? stage.stride : 1);
    }
  }
  const auto head = b.enter(index);
  return conv_bn_silu(b, x, {.out_channels = 1280});
}

}  // namespace

Graph efficientnet_b0(const ModelOptions& options) {
  ModelBuilder b("efficientnet_b0", options);
  Value* x = features(b, b.image());
  x = b.global_average_pool("avgpool", x);
  x = b.flatten("Flatten", x);
  const auto scope = b.enter("classifier");
  return b.finish(b.linear("1", x, options.num_classes));
}

}  // namespace headway::models
