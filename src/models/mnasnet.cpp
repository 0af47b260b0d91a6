#include <array>

#include "models/architectures.h"
#include "models/builder.h"
#include "models/variant.h"

namespace headway::models {
namespace {

/// Of a bottleneck that is added to its input, so that the sum does not grow block by block.
constexpr NormOptions kBranch = {.deviation = 0.5};

struct Variant {
  std::string_view name;
  double width;
};
constexpr std::array kVariants = {Variant{"mnasnet0_5", 0.5}, Variant{"mnasnet0_75", 0.75},
                                  Variant{"mnasnet1_0", 1.0}, Variant{"mnasnet1_3", 1.3}};

struct Stage {
  std::int64_t channels, kernel, stride, expansion, blocks;
};
constexpr std::array<Stage, 6> kStages = {{{24, 3, 2, 3, 3},
                                           {40, 5, 2, 3, 3},
                                           {80, 5, 2, 6, 3},
                                           {96, 3, 1, 6, 2},
                                           {192, 5, 2, 6, 4},
                                           {320, 3, 1, 6, 1}}};

/// Numbers layers in one sequence.
class Sequence {
 public:
  explicit Sequence(ModelBuilder& builder) : builder_(builder) {}

  int take() { return index_++; }
  std::string next() { return std::to_string(take()); }
  Value* conv_bn(Value* x, const ConvOptions& options, const NormOptions& norm = {}) {
    x = builder_.conv(next(), x, options);
    return builder_.batch_norm(next(), x, norm);
  }
  Value* conv_bn_relu(Value* x, const ConvOptions& options) {
    x = conv_bn(x, options);
    return builder_.relu(next(), x);
  }

 private:
  ModelBuilder& builder_;
  int index_ = 0;
};

ConvOptions depthwise(std::int64_t channels, std::int64_t kernel, std::int64_t stride) {
  return {.out_channels = channels,
          .kernel = kernel,
          .stride = stride,
          .padding = kernel / 2,
          .groups = channels};
}

Value* inverted_residual(ModelBuilder& b, Value* x, const Stage& stage, std::int64_t channels,
                         std::int64_t stride) {
  const std::int64_t hidden = b.channels(x) * stage.expansion;
  const bool residual = stride == 1 && b.channels(x) == channels;
  Value* y = x;
  {
    const auto scope = b.enter("layers");
    Sequence layers(b);
    y = layers.conv_bn_relu(y, {.out_channels = hidden});
    y = layers.conv_bn_relu(y, depthwise(hidden, stage.kernel, stride));
    y = layers.conv_bn(y, {.out_channels = channels}, residual ? kBranch : NormOptions{});
  }
  return residual ? b.add("Add", y, x) : y;
}

}  // namespace

Graph mnasnet(std::string_view name, const ModelOptions& options) {
  const double width = find_variant(kVariants, name).width;
  const auto scaled = [&](std::int64_t channels) {
    return make_divisible(static_cast<double>(channels) * width, 8);
  };
  ModelBuilder b(name, options);
  Value* x = b.image();
  {
    const auto scope = b.enter("layers");
    Sequence layers(b);
    x = layers.conv_bn_relu(x,
                            {.out_channels = scaled(32), .kernel = 3, .stride = 2, .padding = 1});
    x = layers.conv_bn_relu(x, depthwise(scaled(32), 3, 1));
    x = layers.conv_bn(x, {.out_channels = scaled(16)});
    for (const Stage& stage : kStages) {
      const auto sequence = b.enter(layers.take());
      for (std::int64_t block = 0; block < stage.blocks; ++block) {
        const auto layer = b.enter(block);
        x = inverted_residual(b, x, stage, scaled(stage.channels), block == 0 ? stage.stride : 1);
      }
    }
    x = layers.conv_bn_relu(x, {.out_channels = 1280});
  }
  x = b.global_average_pool("ReduceMean", x);
  x = b.flatten("Flatten", x);
  const auto scope = b.enter("classifier");
  return b.finish(b.linear("1", x, options.num_classes));
}

}  // namespace headway::models
