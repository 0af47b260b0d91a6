#include <array>
#include <span>

#include "base/error.h"
#include "models/architectures.h"
#include "models/builder.h"
#include "models/variant.h"

namespace headway::models {
namespace {

struct Variant {
  std::string_view name;
  std::array<int, 5> convolutions;  ///< Before each pooling.
  bool batch_norm;
};
constexpr std::array kVariants = {
    Variant{"vgg11", {1, 1, 2, 2, 2}, false}, Variant{"vgg11_bn", {1, 1, 2, 2, 2}, true},
    Variant{"vgg13", {2, 2, 2, 2, 2}, false}, Variant{"vgg13_bn", {2, 2, 2, 2, 2}, true},
    Variant{"vgg16", {2, 2, 3, 3, 3}, false}, Variant{"vgg16_bn", {2, 2, 3, 3, 3}, true},
    Variant{"vgg19", {2, 2, 4, 4, 4}, false}, Variant{"vgg19_bn", {2, 2, 4, 4, 4}, true},
};
constexpr std::array<std::int64_t, 5> kChannels = {64, 128, 256, 512, 512};

Value* features(ModelBuilder& b, Value* x, const Variant& variant) {
  const auto scope = b.enter("features");
  int index = 0;
  const auto next = [&] { return std::to_string(index++); };
  for (std::size_t stage = 0; stage < kChannels.size(); ++stage) {
    for (int i = 0; i < variant.convolutions[stage]; ++i) {
      x = b.conv(next(), x,
                 {.out_channels = kChannels[stage], .kernel = 3, .padding = 1, .bias = true});
      if (variant.batch_norm) x = b.batch_norm(next(), x);
      x = b.relu(next(), x);
    }
    x = b.max_pool(next(), x, 2, 2);
  }
  return x;
}

/// torchvision pools adaptively to 7x7. Here larger maps must divide evenly, and the classifier of
/// an image so small that fewer pixels are left is made to fit them.
Value* pool_to_seven(ModelBuilder& b, Value* x, std::string_view name,
                     const ModelOptions& options) {
  const std::int64_t size = b.size(x);
  if (size <= 7) return x;
  if (size % 7 != 0)
    fail(ErrorCode::kInvalidArgument, "image size ", options.image_size, " does not suit ", name,
         "; above 224 it must be a multiple of 224");
  return b.average_pool("avgpool", x, size / 7, size / 7);
}

}  // namespace

Graph vgg(std::string_view name, const ModelOptions& options) {
  ModelBuilder b(name, options);
  Value* x = features(b, b.image(), find_variant(kVariants, name));
  x = pool_to_seven(b, x, name, options);
  x = b.flatten("Flatten", x);
  const auto scope = b.enter("classifier");
  x = b.relu("1", b.linear("0", x, 4096));
  x = b.relu("4", b.linear("3", x, 4096));
  return b.finish(b.linear("6", x, options.num_classes));
}

}  // namespace headway::models
