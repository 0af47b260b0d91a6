#include <array>
#include <cmath>
#include <vector>

#include "models/architectures.h"
#include "models/builder.h"
#include "models/squeeze_excitation.h"
#include "models/variant.h"

namespace headway::models {
namespace {

/// Of the last normalization of a residual branch, so that the sum does not grow block by block.
constexpr NormOptions kBranch = {.deviation = 0.5};

/// Widths of blocks grow along a line, rounded to powers of a factor (Radosavovic et al. 2020,
/// section 3.3).
struct Variant {
  std::string_view name;
  int depth;
  double first_width, slope, factor;
  std::int64_t group_width;
  bool excites;
};
constexpr std::array kVariants = {
    Variant{"regnet_x_16gf", 22, 216, 55.59, 2.1, 128, false},
    Variant{"regnet_x_1_6gf", 18, 80, 34.01, 2.25, 24, false},
    Variant{"regnet_x_32gf", 23, 320, 69.86, 2.0, 168, false},
    Variant{"regnet_x_3_2gf", 25, 88, 26.31, 2.25, 48, false},
    Variant{"regnet_x_400mf", 22, 24, 24.48, 2.54, 16, false},
    Variant{"regnet_x_800mf", 16, 56, 35.73, 2.28, 16, false},
    Variant{"regnet_x_8gf", 23, 80, 49.56, 2.88, 120, false},
    Variant{"regnet_y_128gf", 27, 456, 160.83, 2.52, 264, true},
    Variant{"regnet_y_16gf", 18, 200, 106.23, 2.48, 112, true},
    Variant{"regnet_y_1_6gf", 27, 48, 20.71, 2.65, 24, true},
    Variant{"regnet_y_32gf", 20, 232, 115.89, 2.53, 232, true},
    Variant{"regnet_y_3_2gf", 21, 80, 42.63, 2.66, 24, true},
    Variant{"regnet_y_400mf", 16, 48, 27.89, 2.09, 8, true},
    Variant{"regnet_y_800mf", 14, 56, 38.84, 2.4, 16, true},
    Variant{"regnet_y_8gf", 17, 192, 76.82, 2.19, 56, true},
};

struct Stage {
  std::int64_t width, group_width;
  int blocks = 0;
};

std::vector<Stage> stages_of(const Variant& variant) {
  std::vector<Stage> stages;
  std::int64_t last = 0;
  for (int block = 0; block < variant.depth; ++block) {
    const double line = variant.first_width + variant.slope * block;
    const double power =
        std::nearbyint(std::log(line / variant.first_width) / std::log(variant.factor));
    const double exact = variant.first_width * std::pow(variant.factor, power);
    const auto width = static_cast<std::int64_t>(std::nearbyint(exact / 8)) * 8;
    if (stages.empty() || width != last) {
      const std::int64_t group = std::min(variant.group_width, width);
      stages.push_back({make_divisible(static_cast<double>(width), group), group});
    }
    last = width;
    ++stages.back().blocks;
  }
  return stages;
}

Value* conv_bn(ModelBuilder& b, std::string_view module, Value* x, const ConvOptions& options,
               const NormOptions& norm = {}) {
  const auto scope = b.enter(module);
  return b.batch_norm("1", b.conv("0", x, options), norm);
}

Value* bottleneck(ModelBuilder& b, Value* x, const Stage& stage, std::int64_t stride,
                  bool excites) {
  const auto squeezed =
      static_cast<std::int64_t>(std::nearbyint(0.25 * static_cast<double>(b.channels(x))));
  const bool projects = stride != 1 || b.channels(x) != stage.width;
  Value* y = x;
  {
    const auto scope = b.enter("f");
    y = b.relu("a/Relu", conv_bn(b, "a", y, {.out_channels = stage.width}));
    y = conv_bn(b, "b", y,
                {.out_channels = stage.width,
                 .kernel = 3,
                 .stride = stride,
                 .padding = 1,
                 .groups = stage.width / stage.group_width});
    y = b.relu("b/Relu", y);
    if (excites) {
      const auto excitation = b.enter("se");
      y = SqueezeExcitation{squeezed, &ModelBuilder::relu, &ModelBuilder::sigmoid}.build(b, y);
    }
    y = conv_bn(b, "c", y, {.out_channels = stage.width}, kBranch);
  }
  if (projects) {
    x = conv_bn(b, "proj", x, {.out_channels = stage.width, .stride = stride});
  }
  return b.relu("activation", b.add("Add", x, y));
}

}  // namespace

Graph regnet(std::string_view name, const ModelOptions& options) {
  const Variant& variant = find_variant(kVariants, name);
  ModelBuilder b(name, options);
  Value* x = b.image();
  x = conv_bn(b, "stem", x, {.out_channels = 32, .kernel = 3, .stride = 2, .padding = 1});
  x = b.relu("stem/Relu", x);
  {
    const auto trunk = b.enter("trunk_output");
    int number = 1;
    for (const Stage& stage : stages_of(variant)) {
      const std::string block = "block" + std::to_string(number++);
      const auto scope = b.enter(block);
      for (int i = 0; i < stage.blocks; ++i) {
        const auto layer = b.enter(block + "-" + std::to_string(i));
        x = bottleneck(b, x, stage, i == 0 ? 2 : 1, variant.excites);
      }
    }
  }
  x = b.global_average_pool("avgpool", x);
  x = b.flatten("Flatten", x);
  return b.finish(b.linear("fc", x, options.num_classes));
}

}  // namespace headway::models
