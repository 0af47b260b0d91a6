#include <array>
#include <cmath>

#include "base/error.h"
#include "models/architectures.h"
#include "models/attention.h"
#include "models/builder.h"
#include "models/squeeze_excitation.h"
#include "models/windows.h"

namespace headway::models {
namespace {

constexpr float kNormEpsilon = 1e-3f;
constexpr double kBranchVariance = 0.25;
constexpr std::int64_t kStemChannels = 64, kHeadSize = 32, kExtent = 7;

struct Stage {
  std::int64_t channels;
  int layers;
};
constexpr std::array<Stage, 4> kStages = {{{64, 2}, {128, 2}, {256, 5}, {512, 2}}};
/// By how much the stem and the stages divide the image's size.
constexpr std::int64_t kReduction = 32;

Value* conv_bn_gelu(ModelBuilder& b, std::string_view module, Value* x,
                    const ConvOptions& options) {
  const auto scope = b.enter(module);
  return b.gelu("2", b.batch_norm("1", b.conv("0", x, options)));
}

Value* shortcut(ModelBuilder& b, Value* x, std::int64_t channels, std::int64_t stride) {
  if (stride == 1 && channels == b.channels(x)) return x;
  const auto scope = b.enter("proj");
  int index = 0;
  if (stride == 2) x = b.average_pool(std::to_string(index++), x, 3, 2, 1);
  return b.conv(std::to_string(index), x, {.out_channels = channels, .bias = true});
}

Value* mbconv(ModelBuilder& b, Value* x, std::int64_t channels, std::int64_t stride) {
  const auto scope = b.enter("MBconv");
  Value* skipped = shortcut(b, x, channels, stride);
  const auto layers = b.enter("layers");
  const std::int64_t hidden = 4 * channels;
  x = b.batch_norm("pre_norm", x);
  x = conv_bn_gelu(b, "conv_a", x, {.out_channels = hidden});
  x = conv_bn_gelu(
      b, "conv_b", x,
      {.out_channels = hidden, .kernel = 3, .stride = stride, .padding = 1, .groups = hidden});
  {
    const auto excitation = b.enter("squeeze_excitation");
    x = SqueezeExcitation{channels / 4, &ModelBuilder::silu, &ModelBuilder::sigmoid}.build(b, x);
  }
  x = b.conv("conv_c", x, {.out_channels = channels, .bias = true, .variance = kBranchVariance});
  return b.add("Add", skipped, x);
}

Value* self_attention(ModelBuilder& b, Value* x) {
  const auto scope = b.enter(1);
  const std::int64_t channels = b.channels(x), heads = channels / kHeadSize;
  constexpr std::int64_t kArea = kExtent * kExtent, kRows = (2 * kExtent - 1) * (2 * kExtent - 1);
  const std::vector<std::int64_t> positions = relative_positions(kExtent);
  Value* index =
      b.buffer("relative_position_index", Tensor::from<std::int64_t>({kArea, kArea}, positions));
  Value* table = b.parameter("relative_position_bias_table", {kRows, heads}, 0, 0.2);
  const auto [query, key, value] = b.thirds(
      "Split", b.dense("to_qkv", x, {.features = 3 * channels, .variance = kQueryVariance}));
  const Attention attention = {.heads = heads,
                               .scale = 1 / std::sqrt(static_cast<double>(channels)),
                               .tokens = kArea,
                               .rank = 4,
                               .mask = relative_bias(b, table, index, kExtent, heads)};
  x = attention.build(b, query, key, value);
  return b.dense("merge", x, {.features = channels, .variance = kBranchVariance});
}

Value* mlp(ModelBuilder& b, Value* x) {
  const auto scope = b.enter("mlp_layer");
  const std::int64_t channels = b.channels(x);
  x = b.dense("1", b.layer_norm("0", x), {.features = 4 * channels});
  return b.dense("3", b.gelu("2", x), {.features = channels, .variance = kBranchVariance});
}

Value* group_attention(ModelBuilder& b, std::string_view module, Value* x, const Windows& windows) {
  const auto scope = b.enter(module);
  x = windows.cut(b, x);
  {
    const auto layer = b.enter("attn_layer");
    x = b.add("Add", x, self_attention(b, b.layer_norm("0", x)));
  }
  return windows.join(b, b.add("Add_1", x, mlp(b, x)));
}

Value* layer(ModelBuilder& b, Value* x, std::int64_t channels, std::int64_t stride) {
  const auto scope = b.enter("layers");
  x = mbconv(b, x, channels, stride);
  const std::int64_t size = b.size(x);
  x = b.reshape("Reshape", b.permute("Transpose", x, {0, 2, 3, 1}), {0, size * size, channels});
  x = group_attention(b, "window_attention", x, {.size = size, .extent = kExtent});
  x = group_attention(b, "grid_attention", x, {.size = size, .extent = kExtent, .grid = true});
  x = b.reshape("Reshape_1", x, {0, size, size, channels});
  return b.permute("Transpose_1", x, {0, 3, 1, 2});
}

Value* stem(ModelBuilder& b, Value* x) {
  const auto scope = b.enter("stem");
  ConvOptions conv = {.out_channels = kStemChannels, .kernel = 3, .stride = 2, .padding = 1};
  x = conv_bn_gelu(b, "0", x, conv);
  const auto second = b.enter(1);
  conv.stride = 1;
  conv.bias = true;
  return b.conv("0", x, conv);
}

Value* classifier(ModelBuilder& b, Value* x, std::int64_t classes) {
  const auto scope = b.enter("classifier");
  x = b.flatten("1", b.global_average_pool("0", x));
  x = b.tanh("4", b.linear("3", b.layer_norm("2", x), b.channels(x)));
  return b.dense("5", x, {.features = classes, .bias = false});
}

}  // namespace

Graph maxvit(std::string_view name, const ModelOptions& options) {
  if (options.image_size % (kReduction * kExtent) != 0)
    fail(ErrorCode::kInvalidArgument, "image size ", options.image_size, " of ", name,
         " is no multiple of ", kReduction * kExtent, ": windows of ", kExtent,
         " must fit into every map");
  ModelBuilder b(name, options, kNormEpsilon);
  Value* x = stem(b, b.image());
  {
    const auto blocks = b.enter("blocks");
    int number = 0;
    for (const Stage& stage : kStages) {
      const auto block = b.enter(number++);
      const auto layers = b.enter("layers");
      for (int i = 0; i < stage.layers; ++i) {
        const auto scope = b.enter(i);
        x = layer(b, x, stage.channels, i == 0 ? 2 : 1);
      }
    }
  }
  return b.finish(classifier(b, x, options.num_classes));
}

}  // namespace headway::models
