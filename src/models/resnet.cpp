#include <array>

#include "models/architectures.h"
#include "models/builder.h"
#include "models/variant.h"

namespace headway::models {
namespace {

/// Of the last normalization of a residual branch, so that the sum does not grow block by block.
constexpr NormOptions kBranch = {.deviation = 0.5};

/// ResNeXt has several `groups`, whose width for 64 planes is `group_width`; wide networks have one
/// of more than 64.
struct Variant {
  std::string_view name;
  bool bottleneck;
  std::array<int, 4> blocks;
  std::int64_t groups = 1, group_width = 64;
};
constexpr std::array kVariants = {
    Variant{"resnet101", true, {3, 4, 23, 3}},
    Variant{"resnet152", true, {3, 8, 36, 3}},
    Variant{"resnet18", false, {2, 2, 2, 2}},
    Variant{"resnet34", false, {3, 4, 6, 3}},
    Variant{"resnet50", true, {3, 4, 6, 3}},
    Variant{"resnext101_32x8d", true, {3, 4, 23, 3}, 32, 8},
    Variant{"resnext101_64x4d", true, {3, 4, 23, 3}, 64, 4},
    Variant{"resnext50_32x4d", true, {3, 4, 6, 3}, 32, 4},
    Variant{"wide_resnet101_2", true, {3, 4, 23, 3}, 1, 128},
    Variant{"wide_resnet50_2", true, {3, 4, 6, 3}, 1, 128},
};

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

Value* bottleneck(ModelBuilder& b, Value* x, std::int64_t planes, std::int64_t stride,
                  const Variant& variant) {
  constexpr std::int64_t kExpansion = 4;
  const std::int64_t width = planes * variant.group_width / 64 * variant.groups;
  Value* y = b.conv("conv1", x, {.out_channels = width});
  y = b.batch_norm("bn1", y);
  y = b.relu("relu", y);
  y = b.conv("conv2", y,
             {.out_channels = width,
              .kernel = 3,
              .stride = stride,
              .padding = 1,
              .groups = variant.groups});
  y = b.batch_norm("bn2", y);
  y = b.relu("relu", y);
  y = b.conv("conv3", y, {.out_channels = planes * kExpansion});
  y = b.batch_norm("bn3", y, kBranch);
  y = b.add("Add", y, shortcut(b, x, planes * kExpansion, stride));
  return b.relu("relu", y);
}

}  // namespace

Graph resnet(std::string_view name, const ModelOptions& options) {
  const Variant& variant = find_variant(kVariants, name);
  ModelBuilder b(name, options);
  Value* x = b.image();
  x = b.conv("conv1", x, {.out_channels = 64, .kernel = 7, .stride = 2, .padding = 3});
  x = b.batch_norm("bn1", x);
  x = b.relu("relu", x);
  x = b.max_pool("maxpool", x, 3, 2, 1);

  std::int64_t planes = 64;
  for (std::size_t stage = 0; stage < variant.blocks.size(); ++stage, planes *= 2) {
    const auto layer = b.enter("layer" + std::to_string(stage + 1));
    for (int index = 0; index < variant.blocks[stage]; ++index) {
      const auto scope = b.enter(index);
      const std::int64_t stride = index == 0 && stage > 0 ? 2 : 1;
      x = variant.bottleneck ? bottleneck(b, x, planes, stride, variant)
                             : basic_block(b, x, planes, stride);
    }
  }

  x = b.global_average_pool("avgpool", x);
  x = b.flatten("Flatten", x);
  return b.finish(b.linear("fc", x, options.num_classes));
}

}  // namespace headway::models
