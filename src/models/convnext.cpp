#include <array>

#include "models/architectures.h"
#include "models/builder.h"
#include "models/variant.h"

namespace headway::models {
namespace {

constexpr LayerNormOptions kNorm = {.epsilon = 1e-6f};

struct Variant {
  std::string_view name;
  std::array<std::int64_t, 4> channels;
  std::array<int, 4> blocks;
};
constexpr std::array kVariants = {
    Variant{"convnext_base", {128, 256, 512, 1024}, {3, 3, 27, 3}},
    Variant{"convnext_large", {192, 384, 768, 1536}, {3, 3, 27, 3}},
    Variant{"convnext_small", {96, 192, 384, 768}, {3, 3, 27, 3}},
    Variant{"convnext_tiny", {96, 192, 384, 768}, {3, 3, 9, 3}},
};

Value* block(ModelBuilder& b, Value* x) {
  const std::int64_t channels = b.channels(x);
  Value* scale = b.parameter("layer_scale", {channels, 1, 1}, 0.5, 0.05);
  Value* y = x;
  {
    const auto scope = b.enter("block");
    y = b.conv(
        "0", y,
        {.out_channels = channels, .kernel = 7, .padding = 3, .groups = channels, .bias = true});
    y = b.permute("1/Transpose", y, {0, 2, 3, 1});
    y = b.layer_norm("2", y, kNorm);
    y = b.gelu("4", b.dense("3", y, {.features = 4 * channels}));
    y = b.dense("5", y, {.features = channels});
    y = b.permute("6/Transpose", y, {0, 3, 1, 2});
  }
  Spread scaled = b.spread(y).mapped([](double v) { return v / 2; });
  y = b.apply("Mul", "Mul", {y, scale});
  b.expect(y, std::move(scaled));
  return b.add("Add", y, x);
}

Value* downsample(ModelBuilder& b, Value* x, std::int64_t channels) {
  x = b.layer_norm_2d("0", x, kNorm);
  return b.conv("1", x, {.out_channels = channels, .kernel = 2, .stride = 2, .bias = true});
}

Value* features(ModelBuilder& b, Value* x, const Variant& variant) {
  const auto scope = b.enter("features");
  int index = 0;
  for (std::size_t stage = 0; stage < variant.channels.size(); ++stage) {
    const std::int64_t channels = variant.channels[stage];
    {
      const auto reduction = b.enter(index++);
      if (stage == 0) {
        x = b.conv("0", x, {.out_channels = channels, .kernel = 4, .stride = 4, .bias = true});
        x = b.layer_norm_2d("1", x, kNorm);
      } else {
        x = downsample(b, x, channels);
      }
    }
    const auto sequence = b.enter(index++);
    for (int i = 0; i < variant.blocks[stage]; ++i) {
      const auto layer = b.enter(i);
      x = block(b, x);
    }
  }
  return x;
}

}  // namespace

Graph convnext(std::string_view name, const ModelOptions& options) {
  ModelBuilder b(name, options);
  Value* x = features(b, b.image(), find_variant(kVariants, name));
  x = b.global_average_pool("avgpool", x);
  const auto scope = b.enter("classifier");
  x = b.flatten("1", b.layer_norm_2d("0", x, kNorm));
  return b.finish(b.linear("2", x, options.num_classes));
}

}  // namespace headway::models
