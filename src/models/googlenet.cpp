#include <array>

#include "models/architectures.h"
#include "models/builder.h"

namespace headway::models {
namespace {

constexpr float kNormEpsilon = 1e-3f;

/// Output channels of the four branches, and before their second convolutions.
struct Layer {
  std::string_view name;
  std::int64_t ones, threes_reduced, threes, fives_reduced, fives, pooled;
};
constexpr std::array kLayers = {
    Layer{"inception3a", 64, 96, 128, 16, 32, 32},
    Layer{"inception3b", 128, 128, 192, 32, 96, 64},
    Layer{"inception4a", 192, 96, 208, 16, 48, 64},
    Layer{"inception4b", 160, 112, 224, 24, 64, 64},
    Layer{"inception4c", 128, 128, 256, 24, 64, 64},
    Layer{"inception4d", 112, 144, 288, 32, 64, 64},
    Layer{"inception4e", 256, 160, 320, 32, 128, 128},
    Layer{"inception5a", 256, 160, 320, 32, 128, 128},
    Layer{"inception5b", 384, 192, 384, 48, 128, 128},
};

Value* conv_bn_relu(ModelBuilder& b, std::string_view module, Value* x,
                    const ConvOptions& options) {
  const auto scope = b.enter(module);
  return b.relu("Relu", b.batch_norm("bn", b.conv("conv", x, options)));
}

Value* reduced_conv(ModelBuilder& b, std::string_view module, Value* x, std::int64_t reduced,
                    std::int64_t channels) {
  const auto scope = b.enter(module);
  x = conv_bn_relu(b, "0", x, {.out_channels = reduced});
  return conv_bn_relu(b, "1", x, {.out_channels = channels, .kernel = 3, .padding = 1});
}

/// torchvision's 5x5 branch has 3x3 kernels, as the first ported weights did.
Value* inception(ModelBuilder& b, Value* x, const Layer& layer) {
  const auto scope = b.enter(layer.name);
  Value* ones = conv_bn_relu(b, "branch1", x, {.out_channels = layer.ones});
  Value* threes = reduced_conv(b, "branch2", x, layer.threes_reduced, layer.threes);
  Value* fives = reduced_conv(b, "branch3", x, layer.fives_reduced, layer.fives);
  const auto branch = b.enter("branch4");
  Value* pooled = b.max_pool("0", x, 3, 1, 1, true);
  pooled = conv_bn_relu(b, "1", pooled, {.out_channels = layer.pooled});
  return b.concat("Concat", {ones, threes, fives, pooled});
}

}  // namespace

Graph googlenet(std::string_view name, const ModelOptions& options) {
  ModelBuilder b(name, options, kNormEpsilon);
  Value* x = b.image();
  x = conv_bn_relu(b, "conv1", x, {.out_channels = 64, .kernel = 7, .stride = 2, .padding = 3});
  x = b.max_pool("maxpool1", x, 3, 2, 0, true);
  x = conv_bn_relu(b, "conv2", x, {.out_channels = 64});
  x = conv_bn_relu(b, "conv3", x, {.out_channels = 192, .kernel = 3, .padding = 1});
  x = b.max_pool("maxpool2", x, 3, 2, 0, true);
  for (const Layer& layer : kLayers) {
    x = inception(b, x, layer);
    if (layer.name == "inception3b") x = b.max_pool("maxpool3", x, 3, 2, 0, true);
    if (layer.name == "inception4e") x = b.max_pool("maxpool4", x, 2, 2, 0, true);
  }
  x = b.global_average_pool("avgpool", x);
  x = b.flatten("Flatten", x);
  // Positions of the last maps are more alike than their average is expected to be.
  return b.finish(b.linear("fc", x, options.num_classes, 0.5));
}

}  // namespace headway::models
