#include <array>

#include "models/architectures.h"
#include "models/builder.h"

namespace headway::models {
namespace {

constexpr std::int64_t kGrowth = 32;
constexpr std::int64_t kBottleneck = 4;
constexpr std::array<int, 4> kBlocks = {6, 12, 24, 16};

Value* dense_layer(ModelBuilder& b, Value* x) {
  x = b.relu("relu1", b.batch_norm("norm1", x));
  x = b.conv("conv1", x, {.out_channels = kBottleneck * kGrowth});
  x = b.relu("relu2", b.batch_norm("norm2", x));
  return b.conv("conv2", x, {.out_channels = kGrowth, .kernel = 3, .padding = 1});
}

Value* dense_block(ModelBuilder& b, Value* x, int layers) {
  std::vector<Value*> parts = {x};
  for (int layer = 1; layer <= layers; ++layer) {
    const auto scope = b.enter("denselayer" + std::to_string(layer));
    x = parts.size() == 1 ? parts.front() : b.concat("Concat", parts);
    parts.push_back(dense_layer(b, x));
  }
  return b.concat("Concat", parts);
}

Value* transition(ModelBuilder& b, Value* x) {
  x = b.relu("relu", b.batch_norm("norm", x));
  x = b.conv("conv", x, {.out_channels = b.channels(x) / 2});
  return b.average_pool("pool", x, 2);
}

Value* features(ModelBuilder& b, Value* x) {
  const auto scope = b.enter("features");
  x = b.conv("conv0", x, {.out_channels = 64, .kernel = 7, .stride = 2, .padding = 3});
  x = b.relu("relu0", b.batch_norm("norm0", x));
  x = b.max_pool("pool0", x, 3, 2, 1);
  for (std::size_t i = 0; i < kBlocks.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    {
      const auto block = b.enter("denseblock" + number);
      x = dense_block(b, x, kBlocks[i]);
    }
    if (i + 1 == kBlocks.size()) break;
    const auto between = b.enter("transition" + number);
    x = transition(b, x);
  }
  return b.batch_norm("norm5", x);
}

}  // namespace

Graph densenet121(const ModelOptions& options) {
  ModelBuilder b("densenet121", options);
  Value* x = features(b, b.image());
  x = b.relu("Relu", x);
  x = b.global_average_pool("GlobalAveragePool", x);
  x = b.flatten("Flatten", x);
  return b.finish(b.linear("classifier", x, options.num_classes));
}

}  // namespace headway::models
