#include <array>

#include "models/architectures.h"
#include "models/builder.h"

namespace headway::models {
namespace {

/// Of a bottleneck that is added to its input, so that the sum does not grow block by block.
constexpr NormOptions kBranch = {.deviation = 0.5};

Value* conv_bn_relu6(ModelBuilder& b, Value* x, const ConvOptions& options) {
  Value* y = b.conv("0", x, options);
  y = b.batch_norm("1", y);
  return b.relu6("2", y);
}

Value* inverted_residual(ModelBuilder& b, Value* x, std::int64_t expansion, std::int64_t channels,
                         std::int64_t stride) {
  const std::int64_t hidden = b.channels(x) * expansion;
  const bool residual = stride == 1 && b.channels(x) == channels;
  int index = 0;
  Value* y = x;
  {
    const auto scope = b.enter("conv");
    if (expansion != 1) {
      const auto expand = b.enter(index++);
      y = conv_bn_relu6(b, y, {.out_channels = hidden});
    }
    {
      const auto depthwise = b.enter(index++);
      y = conv_bn_relu6(
          b, y,
          {.out_channels = hidden, .kernel = 3, .stride = stride, .padding = 1, .groups = hidden});
    }
    y = b.conv(std::to_string(index), y, {.out_channels = channels});
    y = b.batch_norm(std::to_string(index + 1), y, residual ? kBranch : NormOptions{});
  }
  return residual ? b.add("Add", x, y) : y;
}

struct Stage {
  std::int64_t expansion, channels, blocks, stride;
};
constexpr std::array<Stage, 7> kStages = {{{1, 16, 1, 1},
                                           {6, 24, 2, 2},
                                           {6, 32, 3, 2},
                                           {6, 64, 4, 2},
                                           {6, 96, 3, 1},
                                           {6, 160, 3, 2},
                                           {6, 320, 1, 1}}};

Value* features(ModelBuilder& b, Value* x) {
  const auto scope = b.enter("features");
  int index = 0;
  {
    const auto stem = b.enter(index++);
    x = conv_bn_relu6(b, x, {.out_channels = 32, .kernel = 3, .stride = 2, .padding = 1});
  }
  for (const Stage& stage : kStages) {
    for (std::int64_t block = 0; block < stage.blocks; ++block) {
      const auto layer = b.enter(index++);
      x = inverted_residual(b, x, stage.expansion, stage.channels, block == 0 ? stage.stride : 1);
    }
  }
  const auto head = b.enter(index);
  return conv_bn_relu6(b, x, {.out_channels = 1280});
}

}  // namespace

Graph mobilenet_v2(std::string_view name, const ModelOptions& options) {
  ModelBuilder b(name, options);
  Value* x = features(b, b.image());
  x = b.global_average_pool("GlobalAveragePool", x);
  x = b.flatten("Flatten", x);
  const auto scope = b.enter("classifier");
  return b.finish(b.linear("1", x, options.num_classes));
}

}  // namespace headway::models
