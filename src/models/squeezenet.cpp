#include <algorithm>

#include "models/architectures.h"
#include "models/builder.h"

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

Value* features(ModelBuilder& b, Value* x) {
  const auto scope = b.enter("features");
  x = b.conv("0", x, {.out_channels = 64, .kernel = 3, .stride = 2, .bias = true});
  x = b.relu("1", x);
  x = b.max_pool("2", x, 3, 2, 0, true);
  x = fire(b, x, "3", 16, 64);
  x = fire(b, x, "4", 16, 64);
  x = b.max_pool("5", x, 3, 2, 0, true);
  x = fire(b, x, "6", 32, 128);
  x = fire(b, x, "7", 32, 128);
  x = b.max_pool("8", x, 3, 2, 0, true);
  x = fire(b, x, "9", 48, 192);
  x = fire(b, x, "10", 48, 192);
  x = fire(b, x, "11", 64, 256);
  return fire(b, x, "12", 64, 256);
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

Graph squeezenet1_1(const ModelOptions& options) {
  ModelBuilder b("squeezenet1_1", options);
  Value* x = features(b, b.image());
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
