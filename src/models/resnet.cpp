#include <array>

#include "models/architectures.h"
#include "models/builder.h"

namespace headway::models {
namespace {

/// Of the last normalization of a residual branch, so that the sum does not grow block by block.
constexpr NormOptions kBranch = {.deviation = 0.5};

using Block = Value* (*)(ModelBuilder& b, Value* x, std::int64_t planes, std::int64_t stride);

Value* shortcut(ModelBuilder& b, Value* x, std::int64_t channels, std::int64_t stride) {
  if (stride == 1 && b.channels(x) == channels) return x;
  const auto scope = b.enter("downsample");
  Value* y = b.conv("0", x, {.out_channels = channels, .stride = stride});
  return b.batch_norm("1", y);
}

Value* basic_block(ModelBuilder& b, Value* x, std::int64_t planes, std::int64_t stride) {
  Value* y =
      b.conv("conv1", x, {.out_channels = planes, .kernel = 3, .stride = stride, .padding = 1});
  y = b.batch_norm("bn1", y);
  y = b.relu("relu", y);
  y = b.conv("conv2", y, {.out_channels = planes, .kernel = 3, .padding = 1});
  y = b.batch_norm("bn2", y, kBranch);
  y = b.add("Add", y, shortcut(b, x, planes, stride));
  return b.relu("relu", y);
}

Value* bottleneck(ModelBuilder& b, Value* x, std::int64_t planes, std::int64_t stride) {
  constexpr std::int64_t kExpansion = 4;
  Value* y = b.conv("conv1", x, {.out_channels = planes});
  y = b.batch_norm("bn1", y);
  y = b.relu("relu", y);
  y = b.conv("conv2", y, {.out_channels = planes, .kernel = 3, .stride = stride, .padding = 1});
  y = b.batch_norm("bn2", y);
  y = b.relu("relu", y);
  y = b.conv("conv3", y, {.out_channels = planes * kExpansion});
  y = b.batch_norm("bn3", y, kBranch);
  y = b.add("Add", y, shortcut(b, x, planes * kExpansion, stride));
  return b.relu("relu", y);
}

Graph resnet(std::string_view name, const ModelOptions& options, Block block,
             const std::array<int, 4>& blocks) {
  ModelBuilder b(name, options);
  Value* x = b.image();
  x = b.conv("conv1", x, {.out_channels = 64, .kernel = 7, .stride = 2, .padding = 3});
  x = b.batch_norm("bn1", x);
  x = b.relu("relu", x);
  x = b.max_pool("maxpool", x, 3, 2, 1);

  std::int64_t planes = 64;
  for (std::size_t stage = 0; stage < blocks.size(); ++stage, planes *= 2) {
    const auto layer = b.enter("layer" + std::to_string(stage + 1));
    for (int index = 0; index < blocks[stage]; ++index) {
      const auto scope = b.enter(index);
      x = block(b, x, planes, index == 0 && stage > 0 ? 2 : 1);
    }
  }

  x = b.global_average_pool("avgpool", x);
  x = b.flatten("Flatten", x);
  return b.finish(b.linear("fc", x, options.num_classes));
}

}  // namespace

Graph resnet18(const ModelOptions& options) {
  return resnet("resnet18", options, basic_block, {2, 2, 2, 2});
}

Graph resnet50(const ModelOptions& options) {
  return resnet("resnet50", options, bottleneck, {3, 4, 6, 3});
}

}  // namespace headway::models
