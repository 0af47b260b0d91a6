#include <array>
#include <span>

#include "models/architectures.h"
#include "models/builder.h"
#include "models/squeeze_excitation.h"
#include "models/variant.h"

namespace headway::models {
namespace {

/// Of a bottleneck that is added to its input, so that the sum does not grow block by block.
constexpr NormOptions kBranch = {.deviation = 0.5};
constexpr float kNormEpsilon = 1e-3f;

enum Activation { kRelu, kHardSwish };
struct Layer {
  std::int64_t kernel, expanded, channels;
  bool excites;
  Activation activation;
  std::int64_t stride;
};
constexpr std::array<Layer, 15> kLarge = {{{3, 16, 16, false, kRelu, 1},
                                           {3, 64, 24, false, kRelu, 2},
                                           {3, 72, 24, false, kRelu, 1},
                                           {5, 72, 40, true, kRelu, 2},
                                           {5, 120, 40, true, kRelu, 1},
                                           {5, 120, 40, true, kRelu, 1},
                                           {3, 240, 80, false, kHardSwish, 2},
                                           {3, 200, 80, false, kHardSwish, 1},
                                           {3, 184, 80, false, kHardSwish, 1},
                                           {3, 184, 80, false, kHardSwish, 1},
                                           {3, 480, 112, true, kHardSwish, 1},
                                           {3, 672, 112, true, kHardSwish, 1},
                                           {5, 672, 160, true, kHardSwish, 2},
                                           {5, 960, 160, true, kHardSwish, 1},
                                           {5, 960, 160, true, kHardSwish, 1}}};
constexpr std::array<Layer, 11> kSmall = {{{3, 16, 16, true, kRelu, 2},
                                           {3, 72, 24, false, kRelu, 2},
                                           {3, 88, 24, false, kRelu, 1},
                                           {5, 96, 40, true, kHardSwish, 2},
                                           {5, 240, 40, true, kHardSwish, 1},
                                           {5, 240, 40, true, kHardSwish, 1},
                                           {5, 120, 48, true, kHardSwish, 1},
                                           {5, 144, 48, true, kHardSwish, 1},
                                           {5, 288, 96, true, kHardSwish, 2},
                                           {5, 576, 96, true, kHardSwish, 1},
                                           {5, 576, 96, true, kHardSwish, 1}}};

struct Variant {
  std::string_view name;
  std::span<const Layer> layers;
  std::int64_t hidden;  ///< Features of the classifier.
};
constexpr std::array kVariants = {
    Variant{"mobilenet_v3_large", kLarge, 1280},
    Variant{"mobilenet_v3_small", kSmall, 1024},
};

Value* activate(ModelBuilder& b, Value* x, Activation activation) {
  return activation == kRelu ? b.relu("2", x) : b.hard_swish("2", x);
}

Value* conv_bn(ModelBuilder& b, Value* x, Activation activation, const ConvOptions& options) {
  return activate(b, b.batch_norm("1", b.conv("0", x, options)), activation);
}

Value* inverted_residual(ModelBuilder& b, Value* x, const Layer& layer) {
  const bool residual = layer.stride == 1 && b.channels(x) == layer.channels;
  int index = 0;
  Value* y = x;
  {
    const auto block = b.enter("block");
    if (layer.expanded != b.channels(x)) {
      const auto expand = b.enter(index++);
      y = conv_bn(b, y, layer.activation, {.out_channels = layer.expanded});
    }
    {
      const auto depthwise = b.enter(index++);
      y = conv_bn(b, y, layer.activation,
                  {.out_channels = layer.expanded,
                   .kernel = layer.kernel,
                   .stride = layer.stride,
                   .padding = (layer.kernel - 1) / 2,
                   .groups = layer.expanded});
    }
    if (layer.excites) {
      const auto excitation = b.enter(index++);
      const auto squeezed = make_divisible(static_cast<double>(b.channels(y) / 4), 8);
      y = SqueezeExcitation{squeezed, &ModelBuilder::relu, &ModelBuilder::hard_sigmoid}.build(b, y);
    }
    const auto project = b.enter(index);
    y = b.batch_norm("1", b.conv("0", y, {.out_channels = layer.channels}),
                     residual ? kBranch : NormOptions{});
  }
  return residual ? b.add("Add", y, x) : y;
}

Value* features(ModelBuilder& b, Value* x, std::span<const Layer> layers) {
  const auto scope = b.enter("features");
  int index = 0;
  {
    const auto stem = b.enter(index++);
    x = conv_bn(b, x, kHardSwish, {.out_channels = 16, .kernel = 3, .stride = 2, .padding = 1});
  }
  for (const Layer& layer : layers) {
    const auto block = b.enter(index++);
    x = inverted_residual(b, x, layer);
  }
  const auto head = b.enter(index);
  return conv_bn(b, x, kHardSwish, {.out_channels = 6 * b.channels(x)});
}

}  // namespace

Graph mobilenet_v3(std::string_view name, const ModelOptions& options) {
  const Variant& variant = find_variant(kVariants, name);
  ModelBuilder b(name, options, kNormEpsilon);
  Value* x = features(b, b.image(), variant.layers);
  x = b.global_average_pool("avgpool", x);
  x = b.flatten("Flatten", x);
  const auto scope = b.enter("classifier");
  x = b.hard_swish("1", b.linear("0", x, variant.hidden));
  return b.finish(b.linear("3", x, options.num_classes));
}

}  // namespace headway::models
