#include <array>

#include "models/architectures.h"
#include "models/builder.h"
#include "models/variant.h"

namespace headway::models {
namespace {

struct Variant {
  std::string_view name;
  std::int64_t growth, first_channels;
  std::array<int, 4> blocks;
};
constexpr std::array kVariants = {
    Variant{"densenet121", 32, 64, {6, 12, 24, 16}},
    Variant{"densenet161", 48, 96, {6, 12, 36, 24}},
    Variant{"densenet169", 32, 64, {6, 12, 32, 32}},
    Variant{"densenet201", 32, 64, {6, 12, 48, 32}},
};
constexpr std::int64_t kBottleneck = 4;

Value* dense_layer(ModelBuilder& b, Value* x, std::int64_t growth) {
  x = b.relu("relu1", b.batch_norm("norm1", x));
  x = b.conv("conv1", x, {.out_channels = kBottleneck * growth});
  x = b.relu("relu2", b.batch_norm("norm2", x));
  return b.conv("conv2", x, {.out_channels = growth, .kernel = 3, .padding = 1});
}

Value* dense_block(ModelBuilder& b, Value* x, int layers, std::int64_t growth) {
  std::vector<Value*> parts = {x};
  for (int layer = 1; layer <= layers; ++layer) {
    const auto scope = b.enter("denselayer" + std::to_string(layer));
    x = parts.size() == 1 ? parts.front() : b.concat("Concat", parts);
    parts.push_back(dense_layer(b, x, growth));
  }
  return b.concat("Concat", parts);
}

Value* transition(ModelBuilder& b, Value* x) {
  x = b.relu("relu", b.batch_norm("norm", x));
  x = b.conv("conv", x, {.out_channels = b.channels(x) / 2});
  return b.average_pool("pool", x, 2, 2);
}

Value* features(ModelBuilder& b, Value* x, const Variant& variant) {
  const auto scope = b.enter("features");
  x = b.conv("conv0", x,
             {.out_channels = variant.first_channels, .kernel = 7, .stride = 2, .padding = 3});
  x = b.relu("relu0", b.batch_norm("norm0", x));
  x = b.max_pool("pool0", x, 3, 2, 1);
  for (std::size_t i = 0; i < variant.blocks.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    {
      const auto block = b.enter("denseblock" + number);
      x = dense_block(b, x, variant.blocks[i], variant.growth);
    }
    if (i + 1 == variant.blocks.size()) break;
    const auto between = b.enter("transition" + number);
    x = transition(b, x);
  }
  return b.batch_norm("norm5", x);
}

}  // namespace

Graph densenet(std::string_view name, const ModelOptions& options) {
  ModelBuilder b(name, options);
  Value* x = features(b, b.image(), find_variant(kVariants, name));
  x = b.relu("Relu", x);
  x = b.global_average_pool("GlobalAveragePool", x);
  x = b.flatten("Flatten", x);
  return b.finish(b.linear("classifier", x, options.num_classes));
}

}  // namespace headway::models
