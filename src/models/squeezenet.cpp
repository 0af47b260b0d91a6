#include <algorithm>
#include <array>

#include "models/architectures.h"
#include "models/builder.h"
#include "models/variant.h"

namespace headway::models {
namespace {

Value* fire(ModelBuilder& b, Value* x, std::string_view index, std::int64_t squeezed,
            std::int64_t expanded) {
  const auto scope = b.enter(index);
  x = b.conv("squeeze", x, {.out_channels = squeezed, .bias = true});
  x = b.relu("squeeze_activation", x);
  Value* narrow = b.conv("expand1x1", x, {.out_channels = expanded, .bias = true});
  narrow = b.relu("expand1x1_activation", narrow);
  Value* wide =
      b.conv("expand3x3", x, {.out_channels = expanded, .kernel = 3, .padding = 1, .bias = true});
  wide = b.relu("expand3x3_activation", wide);
  return b.concat("Concat", {narrow, wide});
}

/// Fire modules, and where the maps are halved.
constexpr std::int64_t kPool = 0;
struct Layer {
  std::int64_t squeezed = kPool, expanded = 0;
};
constexpr Layer kHalve;

struct Variant {
  std::string_view name;
  std::int64_t first_channels, first_kernel;
  std::array<Layer, 11> layers;
};
constexpr std::array kVariants = {
    Variant{"squeezenet1_0",
            96,
            7,
            {{kHalve,
              {16, 64},
              {16, 64},
              {32, 128},
              kHalve,
              {32, 128},
              {48, 192},
              {48, 192},
              {64, 256},
              kHalve,
              {64, 256}}}},
    Variant{"squeezenet1_1",
            64,
            3,
            {{kHalve,
              {16, 64},
              {16, 64},
              kHalve,
              {32, 128},
              {32, 128},
              kHalve,
              {48, 192},
              {48, 192},
              {64, 256},
              {64, 256}}}},
};

Value* features(ModelBuilder& b, Value* x, const Variant& variant) {
  const auto scope = b.enter("features");
  x = b.conv("0", x,
             {.out_channels = variant.first_channels,
              .kernel = variant.first_kernel,
              .stride = 2,
              .bias = true});
  x = b.relu("1", x);
  int index = 2;
  for (const Layer& layer : variant.layers) {
    const std::string name = std::to_string(index++);
    x = layer.squeezed == kPool ? b.max_pool(name, x, 3, 2, 0, true)
                                : fire(b, x, name, layer.squeezed, layer.expanded);
  }
  return x;
}

/// The classes are averaged over the whole map after a rectifier, which leaves little of their
/// spread: this much variance before it leaves logits with a variance of about 1. (So late in the
/// network positions are more alike than averaged_over() takes them to be; hence the divisor.)
double variance_before_average(std::int64_t size) {
  const Spread rectified =
      Spread::normal({0}, {1}).mapped([](double x) { return std::max(x, 0.0); });
  constexpr double kAlike = 4;
  return 1 / kAlike / rectified.averaged_over(size * size).variance();
}

}  // namespace

Graph squeezenet(std::string_view name, const ModelOptions& options) {
  ModelBuilder b(name, options);
  Value* x = features(b, b.image(), find_variant(kVariants, name));
  {
    const auto scope = b.enter("classifier");
    x = b.conv("1", x,
               {.out_channels = options.num_classes,
                .bias = true,
                .variance = variance_before_average(b.size(x))});
    x = b.relu("2", x);
    x = b.global_average_pool("3", x);
  }
  return b.finish(b.flatten("Flatten", x));
}

}  // namespace headway::models
