#include <array>
#include <cmath>

#include "base/error.h"
#include "models/architectures.h"
#include "models/attention.h"
#include "models/builder.h"
#include "models/variant.h"

namespace headway::models {
namespace {

constexpr LayerNormOptions kNorm = {.epsilon = 1e-6f};
/// Of what is added to its input, so that the sum does not grow layer by layer.
constexpr double kBranchVariance = 0.25;

struct Variant {
  std::string_view name;
  std::int64_t patch;
  int layers;
  std::int64_t heads, channels;
};
constexpr std::array kVariants = {
    Variant{"vit_b_16", 16, 12, 12, 768},  Variant{"vit_b_32", 32, 12, 12, 768},
    Variant{"vit_h_14", 14, 32, 16, 1280}, Variant{"vit_l_16", 16, 24, 16, 1024},
    Variant{"vit_l_32", 32, 24, 16, 1024},
};

Value* self_attention(ModelBuilder& b, Value* x, std::int64_t heads, std::int64_t tokens) {
  const std::int64_t channels = b.channels(x);
  const auto scope = b.enter("self_attention");
  const auto [query, key, value] = b.thirds(
      "Split",
      b.dense("in_proj", x, {.features = 3 * channels, .variance = kQueryVariance, .joint = '_'}));
  const Attention attention = {.heads = heads,
                               .scale = 1 / std::sqrt(static_cast<double>(channels / heads)),
                               .tokens = tokens};
  Value* y = attention.build(b, query, key, value);
  return b.dense("out_proj", y, {.features = channels, .variance = kBranchVariance});
}

Value* mlp(ModelBuilder& b, Value* x) {
  const std::int64_t channels = b.channels(x);
  const auto scope = b.enter("mlp");
  x = b.gelu("1", b.dense("0", x, {.features = 4 * channels}));
  return b.dense("3", x, {.features = channels, .variance = kBranchVariance});
}

Value* encoder(ModelBuilder& b, Value* x, const Variant& variant, std::int64_t tokens) {
  const auto layers = b.enter("layers");
  for (int i = 0; i < variant.layers; ++i) {
    const auto layer = b.enter("encoder_layer_" + std::to_string(i));
    Value* y = self_attention(b, b.layer_norm("ln_1", x, kNorm), variant.heads, tokens);
    x = b.add("Add", y, x);
    x = b.add("Add_1", x, mlp(b, b.layer_norm("ln_2", x, kNorm)));
  }
  return x;
}

/// The patches and the class token before them, with their positions. The token is added to a row
/// of zeros: joined to the patches, it would have to be repeated for each image.
Value* tokens_of(ModelBuilder& b, Value* patches, std::int64_t count) {
  const auto pads = [&](std::string_view name, std::int64_t before, std::int64_t after) {
    return b.constant(name, Tensor::from<std::int64_t>({6}, {0, before, 0, 0, after, 0}));
  };
  const std::int64_t channels = b.channels(patches);
  Value* token = b.parameter("class_token", {1, 1, channels}, 0, 0.5);
  token = b.apply("Pad", "class_token/Pad", {token, pads("class_token/pads", 0, count)});
  patches = b.apply("Pad", "Pad", {patches, pads("pads", 1, 0)});
  const auto scope = b.enter("encoder");
  Value* positions = b.parameter("pos_embedding", {1, count + 1, channels}, 0, 0.3);
  return b.apply("Add", "Add", {patches, b.apply("Add", "Add_1", {token, positions})});
}

}  // namespace

Graph vit(std::string_view name, const ModelOptions& options) {
  const Variant& variant = find_variant(kVariants, name);
  if (options.image_size % variant.patch != 0)
    fail(ErrorCode::kInvalidArgument, "image size ", options.image_size, " of ", name,
         " is no multiple of the patches' ", variant.patch);
  ModelBuilder b(name, options);
  Value* x = b.conv("conv_proj", b.image(),
                    {.out_channels = variant.channels,
                     .kernel = variant.patch,
                     .stride = variant.patch,
                     .bias = true});
  const std::int64_t patches = b.size(x) * b.size(x);
  x = b.permute("Transpose", b.reshape("Reshape", x, {0, variant.channels, patches}), {0, 2, 1});
  x = tokens_of(b, x, patches);
  {
    const auto scope = b.enter("encoder");
    x = b.layer_norm("ln", encoder(b, x, variant, patches), kNorm);
  }
  x = b.apply("Gather", "Gather", {x, b.constant("first", Tensor::from<std::int64_t>({}, {0}))},
              {{"axis", std::int64_t{1}}});
  const auto scope = b.enter("heads");
  return b.finish(b.linear("head", x, options.num_classes));
}

}  // namespace headway::models
