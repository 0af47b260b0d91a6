#include <algorithm>
#include <array>

#include "base/error.h"
#include "models/architectures.h"
#include "models/builder.h"

namespace headway::models {
namespace {

constexpr std::int64_t kPool = 0;
constexpr std::array<std::int64_t, 18> kLayers = {64,  64,    kPool, 128,   128, kPool,
                                                  256, 256,   256,   kPool, 512, 512,
                                                  512, kPool, 512,   512,   512, kPool};

Value* features(ModelBuilder& b, Value* x) {
  const auto scope = b.enter("features");
  int index = 0;
  const auto next = [&] { return std::to_string(index++); };
  for (const std::int64_t channels : kLayers) {
    if (channels == kPool) {
      x = b.max_pool(next(), x, 2, 2);
    } else {
      x = b.conv(next(), x, {.out_channels = channels, .kernel = 3, .padding = 1, .bias = true});
      x = b.relu(next(), x);
    }
  }
  return x;
}

/// torchvision pools adaptively to 7x7. Here larger maps must divide evenly, and the classifier of
/// an image so small that fewer pixels are left is made to fit them.
Value* pool_to_seven(ModelBuilder& b, Value* x, const ModelOptions& options) {
  const std::int64_t size = b.size(x);
  if (size <= 7) return x;
  if (size % 7 != 0)
    fail(ErrorCode::kInvalidArgument, "image size ", options.image_size,
         " does not suit vgg16; above 224 it must be a multiple of 224");
  return b.average_pool("avgpool", x, size / 7);
}

}  // namespace

Graph vgg16(const ModelOptions& options) {
  ModelBuilder b("vgg16", options);
  Value* x = features(b, b.image());
  x = pool_to_seven(b, x, options);
  x = b.flatten("Flatten", x);
  const auto scope = b.enter("classifier");
  x = b.relu("1", b.linear("0", x, 4096));
  x = b.relu("4", b.linear("3", x, 4096));
  return b.finish(b.linear("6", x, options.num_classes));
}

}  // namespace headway::models
