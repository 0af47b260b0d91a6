#include <array>

#include "models/architectures.h"
#include "models/builder.h"
#include "models/variant.h"

namespace headway::models {
namespace {

struct Variant {
  std::string_view name;
  std::array<std::int64_t, 3> channels;  ///< Of each stage.
  std::int64_t last_channels;
};
constexpr std::array kVariants = {
    Variant{"shufflenet_v2_x0_5", {48, 96, 192}, 1024},
    Variant{"shufflenet_v2_x1_0", {116, 232, 464}, 1024},
    Variant{"shufflenet_v2_x1_5", {176, 352, 704}, 1024},
    Variant{"shufflenet_v2_x2_0", {244, 488, 976}, 2048},
};
constexpr std::array<int, 3> kBlocks = {4, 8, 4};

ConvOptions depthwise(std::int64_t channels, std::int64_t stride) {
  return {
      .out_channels = channels, .kernel = 3, .stride = stride, .padding = 1, .groups = channels};
}

Value* shortcut(ModelBuilder& b, Value* x, std::int64_t channels) {
  const auto scope = b.enter("branch1");
  x = b.batch_norm("1", b.conv("0", x, depthwise(b.channels(x), 2)));
  return b.relu("4", b.batch_norm("3", b.conv("2", x, {.out_channels = channels})));
}

Value* branch(ModelBuilder& b, Value* x, std::int64_t channels, std::int64_t stride) {
  const auto scope = b.enter("branch2");
  x = b.relu("2", b.batch_norm("1", b.conv("0", x, {.out_channels = channels})));
  x = b.batch_norm("4", b.conv("3", x, depthwise(channels, stride)));
  return b.relu("7", b.batch_norm("6", b.conv("5", x, {.out_channels = channels})));
}

/// Half of the channels pass by; the next block sees them mixed with the other half.
Value* unit(ModelBuilder& b, Value* x, std::int64_t channels, std::int64_t stride) {
  Value *kept, *changed;
  if (stride == 1) {
    const auto [first, second] = b.halves("Split", x);
    kept = first;
    changed = branch(b, second, channels / 2, 1);
  } else {
    kept = shortcut(b, x, channels / 2);
    changed = branch(b, x, channels / 2, stride);
  }
  return b.shuffle_channels("shuffle", b.concat("Concat", {kept, changed}), 2);
}

}  // namespace

Graph shufflenet_v2(std::string_view name, const ModelOptions& options) {
  const Variant& variant = find_variant(kVariants, name);
  ModelBuilder b(name, options);
  Value* x = b.image();
  {
    const auto scope = b.enter("conv1");
    x = b.conv("0", x, {.out_channels = 24, .kernel = 3, .stride = 2, .padding = 1});
    x = b.relu("2", b.batch_norm("1", x));
  }
  x = b.max_pool("maxpool", x, 3, 2, 1);
  for (std::size_t stage = 0; stage < kBlocks.size(); ++stage) {
    const auto scope = b.enter("stage" + std::to_string(stage + 2));
    for (int block = 0; block < kBlocks[stage]; ++block) {
      const auto layer = b.enter(block);
      x = unit(b, x, variant.channels[stage], block == 0 ? 2 : 1);
    }
  }
  {
    const auto scope = b.enter("conv5");
    x = b.conv("0", x, {.out_channels = variant.last_channels});
    x = b.relu("2", b.batch_norm("1", x));
  }
  x = b.global_average_pool("ReduceMean", x);
  x = b.flatten("Flatten", x);
  return b.finish(b.linear("fc", x, options.num_classes));
}

}  // namespace headway::models
