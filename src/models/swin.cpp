#include <array>
#include <cmath>

#include "models/architectures.h"
#include "models/attention.h"
#include "models/builder.h"
#include "models/variant.h"
#include "models/windows.h"

namespace headway::models {
namespace {

constexpr double kBranchDeviation = 0.5;
/// Of an image of 224x224, after the last stage.
constexpr std::int64_t kLastTokens = 49;

/// The second version normalizes after a branch instead of before, and compares queries and keys by
/// their angle.
struct Variant {
  std::string_view name;
  bool second;
  std::int64_t channels;
  std::array<int, 4> blocks;
  std::array<std::int64_t, 4> heads;
};
constexpr std::array kVariants = {
    Variant{"swin_b", false, 128, {2, 2, 18, 2}, {4, 8, 16, 32}},
    Variant{"swin_s", false, 96, {2, 2, 18, 2}, {3, 6, 12, 24}},
    Variant{"swin_t", false, 96, {2, 2, 6, 2}, {3, 6, 12, 24}},
    Variant{"swin_v2_b", true, 128, {2, 2, 18, 2}, {4, 8, 16, 32}},
    Variant{"swin_v2_s", true, 96, {2, 2, 18, 2}, {3, 6, 12, 24}},
    Variant{"swin_v2_t", true, 96, {2, 2, 6, 2}, {3, 6, 12, 24}},
};

Value* scalar(ModelBuilder& b, std::string_view name, double value) {
  return b.constant(name, Tensor::from<float>({}, {static_cast<float>(value)}));
}

/// Relative positions on a logarithmic scale (Liu et al. 2022, section 3.3).
Tensor relative_coordinates(std::int64_t extent) {
  const std::int64_t side = 2 * extent - 1;
  const auto scaled = [&](std::int64_t at) {
    const auto distance =
        static_cast<float>(at - (extent - 1)) / static_cast<float>(extent - 1) * 8;
    return std::copysign(std::log2(std::abs(distance) + 1.0f) / 3.0f, distance);
  };
  Tensor table = Tensor::allocate(DType::kFloat32, {1, side, side, 2});
  float* to = table.data<float>();
  for (std::int64_t row = 0; row < side; ++row)
    for (std::int64_t column = 0; column < side; ++column) {
      *to++ = scaled(row);
      *to++ = scaled(column);
    }
  return table;
}

/// A small network computes the second version's bias of every relative position.
Value* bias_table(ModelBuilder& b, std::int64_t extent, std::int64_t heads) {
  Value* x = b.buffer("relative_coords_table", relative_coordinates(extent));
  b.expect(x, Spread::normal({0, 0}, {0.5, 0.5}));
  const auto scope = b.enter("cpb_mlp");
  x = b.relu("1", b.dense("0", x, {.features = 512}));
  x = b.dense("2", x, {.features = heads, .bias = false});
  return b.reshape("Reshape", x, {-1, heads});
}

Value* position_bias(ModelBuilder& b, std::int64_t extent, std::int64_t heads, bool second) {
  const std::vector<std::int64_t> positions = relative_positions(extent);
  Value* index =
      b.buffer("relative_position_index",
               Tensor::from<std::int64_t>({extent * extent * extent * extent}, positions));
  const std::int64_t rows = (2 * extent - 1) * (2 * extent - 1);
  Value* table = second ? bias_table(b, extent, heads)
                        : b.parameter("relative_position_bias_table", {rows, heads}, 0, 0.2);
  Value* bias = relative_bias(b, table, index, extent, heads);
  if (!second) return bias;
  bias = b.apply("Sigmoid", "Sigmoid", {bias});
  return b.apply("Mul", "bias/Mul", {bias, scalar(b, "bias/sixteen", 16)});
}

/// exp(min(logit_scale, log 100))
Value* cosine_scale(ModelBuilder& b, std::int64_t heads) {
  Value* scale = b.parameter("logit_scale", {heads, 1, 1}, std::log(10.0), 0.1);
  scale = b.apply("Min", "Min", {scale, scalar(b, "Min/limit", std::log(100.0))});
  return b.apply("Exp", "Exp", {scale});
}

DenseOptions projections_of(std::int64_t channels) {
  return {.features = 3 * channels, .variance = kQueryVariance};
}

/// Queries, keys and values; the part of the bias that is the keys' does not count.
Value* unbiased_keys(ModelBuilder& b, Value* x) {
  const std::int64_t channels = b.channels(x);
  DenseOptions projections = projections_of(channels);
  projections.bias = false;
  x = b.dense("qkv", x, projections);
  const auto scope = b.enter("qkv");
  Value* bias = b.parameter("bias", {3 * channels}, 0, 0.1);
  bias = b.reshape("Reshape", bias, {3, channels});
  bias = b.apply("Mul", "Mul",
                 {bias, b.constant("Mul/counts", Tensor::from<float>({3, 1}, {1.0f, 0.0f, 1.0f}))});
  bias = b.reshape("Reshape_1", bias, {3 * channels});
  return b.apply("Add", "Add", {x, bias});
}

Value* window_attention(ModelBuilder& b, Value* x, std::int64_t heads, const Windows& windows,
                        bool second) {
  const auto scope = b.enter("attn");
  const std::int64_t channels = b.channels(x);
  Attention attention = {.heads = heads,
                         .scale = 1 / std::sqrt(static_cast<double>(channels / heads)),
                         .tokens = windows.extent * windows.extent,
                         .rank = 4};
  attention.mask = position_bias(b, windows.extent, heads, second);
  if (windows.shift > 0)
    attention.mask =
        b.apply("Add", "mask/Add", {attention.mask, b.constant("mask", windows.mask())});
  if (second) attention.cosine_scale = cosine_scale(b, heads);
  x = windows.cut(b, x);
  x = second ? unbiased_keys(b, x) : b.dense("qkv", x, projections_of(channels));
  const auto [query, key, value] = b.thirds("Split", x);
  x = attention.build(b, query, key, value);
  x = b.dense("proj", x, {.features = channels, .variance = kBranchDeviation * kBranchDeviation});
  return windows.join(b, x);
}

Value* mlp(ModelBuilder& b, Value* x) {
  const auto scope = b.enter("mlp");
  const std::int64_t channels = b.channels(x);
  x = b.gelu("1", b.dense("0", x, {.features = 4 * channels}));
  return b.dense("3", x, {.features = channels, .variance = kBranchDeviation * kBranchDeviation});
}

Value* block(ModelBuilder& b, Value* x, std::int64_t heads, const Windows& windows, bool second) {
  if (second) {
    const LayerNormOptions norm = {.deviation = kBranchDeviation};
    x = b.add("Add", x,
              b.layer_norm("norm1", window_attention(b, x, heads, windows, second), norm));
    return b.add("Add_1", x, b.layer_norm("norm2", mlp(b, x), norm));
  }
  x = b.add("Add", x, window_attention(b, b.layer_norm("norm1", x), heads, windows, second));
  return b.add("Add_1", x, mlp(b, b.layer_norm("norm2", x)));
}

/// Squares of four tokens become one with twice the channels, column by column as in torchvision.
Value* merge_patches(ModelBuilder& b, Value* x, std::int64_t& size, bool second) {
  const std::int64_t channels = b.channels(x), half = (size + 1) / 2;
  if (size % 2 == 1) {
    x = b.reshape("Reshape", x, {0, size, size, channels});
    Value* pads = b.constant("pads", Tensor::from<std::int64_t>({8}, {0, 0, 0, 0, 0, 1, 1, 0}));
    x = b.apply("Pad", "Pad", {x, pads});
  }
  Spread four = Spread::concatenated(std::vector(4, b.spread(x)));
  x = b.reshape("Reshape_1", x, {0, half, 2, half, 2, channels});
  x = b.permute("Transpose", x, {0, 1, 3, 4, 2, 5});
  x = b.reshape("Reshape_2", x, {0, half * half, 4 * channels});
  b.expect(x, std::move(four));
  size = half;
  if (!second) x = b.layer_norm("norm", x);
  x = b.dense("reduction", x, {.features = 2 * channels, .bias = false});
  return second ? b.layer_norm("norm", x) : x;
}

Value* patches(ModelBuilder& b, Value* x, std::int64_t channels) {
  const auto scope = b.enter(0);
  x = b.conv("0", x, {.out_channels = channels, .kernel = 4, .stride = 4, .bias = true});
  const std::int64_t area = b.size(x) * b.size(x);
  x = b.reshape("Reshape", b.permute("1/Transpose", x, {0, 2, 3, 1}), {0, area, channels});
  return b.layer_norm("2", x);
}

Value* features(ModelBuilder& b, const Variant& variant) {
  const auto scope = b.enter("features");
  Value* x = patches(b, b.image(), variant.channels);
  std::int64_t size = b.size(x);
  const std::int64_t extent = variant.second ? 8 : 7;
  for (std::size_t stage = 0; stage < variant.blocks.size(); ++stage) {
    const auto first = static_cast<std::int64_t>(2 * stage);
    if (stage > 0) {
      const auto merging = b.enter(first);
      x = merge_patches(b, x, size, variant.second);
    }
    const auto sequence = b.enter(first + 1);
    for (int i = 0; i < variant.blocks[stage]; ++i) {
      const auto layer = b.enter(i);
      const std::int64_t shift = i % 2 == 1 && size > extent ? extent / 2 : 0;
      x = block(b, x, variant.heads[stage], {size, extent, shift}, variant.second);
    }
  }
  return x;
}

}  // namespace

Graph swin(std::string_view name, const ModelOptions& options) {
  ModelBuilder b(name, options);
  Value* x = b.layer_norm("norm", features(b, find_variant(kVariants, name)));
  Spread mean = b.spread(x).averaged_over(kLastTokens);
  x = b.apply("ReduceMean", "avgpool", {x},
              {{"axes", std::vector<std::int64_t>{1}}, {"keepdims", std::int64_t{0}}});
  b.expect(x, std::move(mean));
  return b.finish(b.linear("head", x, options.num_classes));
}

}  // namespace headway::models
