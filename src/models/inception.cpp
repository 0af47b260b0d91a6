#include <array>

#include "models/architectures.h"
#include "models/builder.h"

namespace headway::models {
namespace {

constexpr float kNormEpsilon = 1e-3f;

/// Around zero, ReLU takes more from the variance of a signal than from that of a rounding error,
/// and without shortcuts errors would grow layer by layer; a deviation above zero it takes little
/// from either.
constexpr NormOptions kBeforeRelu = {.mean = 1};

Value* conv_bn_relu(ModelBuilder& b, std::string_view module, Value* x,
                    const ConvOptions& options) {
  const auto scope = b.enter(module);
  return b.relu("Relu", b.batch_norm("bn", b.conv("conv", x, options), kBeforeRelu));
}

Value* pointwise(ModelBuilder& b, std::string_view module, Value* x, std::int64_t channels) {
  return conv_bn_relu(b, module, x, {.out_channels = channels});
}

Value* square(ModelBuilder& b, std::string_view module, Value* x, std::int64_t channels,
              std::int64_t kernel = 3) {
  return conv_bn_relu(b, module, x,
                      {.out_channels = channels, .kernel = kernel, .padding = kernel / 2});
}

Value* halving(ModelBuilder& b, std::string_view module, Value* x, std::int64_t channels) {
  return conv_bn_relu(b, module, x, {.out_channels = channels, .kernel = 3, .stride = 2});
}

Value* row(ModelBuilder& b, std::string_view module, Value* x, std::int64_t channels,
           std::int64_t kernel) {
  return conv_bn_relu(b, module, x,
                      {.out_channels = channels, .width = ConvAxis{kernel, kernel / 2}});
}

Value* column(ModelBuilder& b, std::string_view module, Value* x, std::int64_t channels,
              std::int64_t kernel) {
  return conv_bn_relu(
      b, module, x,
      {.out_channels = channels, .kernel = kernel, .padding = kernel / 2, .width = ConvAxis{1, 0}});
}

Value* pooled(ModelBuilder& b, Value* x, std::int64_t channels) {
  return pointwise(b, "branch_pool", b.average_pool("AveragePool", x, 3, 1, 1), channels);
}

/// Figure 5 of the paper, with 5x5 as one convolution.
Value* mixed_35(ModelBuilder& b, std::string_view module, Value* x, std::int64_t pool_channels) {
  const auto scope = b.enter(module);
  Value* ones = pointwise(b, "branch1x1", x, 64);
  Value* fives = square(b, "branch5x5_2", pointwise(b, "branch5x5_1", x, 48), 64, 5);
  Value* threes = square(b, "branch3x3dbl_2", pointwise(b, "branch3x3dbl_1", x, 64), 96);
  threes = square(b, "branch3x3dbl_3", threes, 96);
  return b.concat("Concat", {ones, fives, threes, pooled(b, x, pool_channels)});
}

Value* reduce_35(ModelBuilder& b, std::string_view module, Value* x) {
  const auto scope = b.enter(module);
  Value* threes = halving(b, "branch3x3", x, 384);
  Value* twice = square(b, "branch3x3dbl_2", pointwise(b, "branch3x3dbl_1", x, 64), 96);
  twice = halving(b, "branch3x3dbl_3", twice, 96);
  return b.concat("Concat", {threes, twice, b.max_pool("MaxPool", x, 3, 2)});
}

/// Figure 6, with n = 7.
Value* mixed_17(ModelBuilder& b, std::string_view module, Value* x, std::int64_t channels) {
  const auto scope = b.enter(module);
  Value* ones = pointwise(b, "branch1x1", x, 192);
  Value* once = row(b, "branch7x7_2", pointwise(b, "branch7x7_1", x, channels), channels, 7);
  once = column(b, "branch7x7_3", once, 192, 7);
  Value* twice = pointwise(b, "branch7x7dbl_1", x, channels);
  twice = column(b, "branch7x7dbl_2", twice, channels, 7);
  twice = row(b, "branch7x7dbl_3", twice, channels, 7);
  twice = column(b, "branch7x7dbl_4", twice, channels, 7);
  twice = row(b, "branch7x7dbl_5", twice, 192, 7);
  return b.concat("Concat", {ones, once, twice, pooled(b, x, 192)});
}

Value* reduce_17(ModelBuilder& b, std::string_view module, Value* x) {
  const auto scope = b.enter(module);
  Value* threes = halving(b, "branch3x3_2", pointwise(b, "branch3x3_1", x, 192), 320);
  Value* sevens = row(b, "branch7x7x3_2", pointwise(b, "branch7x7x3_1", x, 192), 192, 7);
  sevens = column(b, "branch7x7x3_3", sevens, 192, 7);
  sevens = halving(b, "branch7x7x3_4", sevens, 192);
  return b.concat("Concat", {threes, sevens, b.max_pool("MaxPool", x, 3, 2)});
}

/// Figure 7: the last convolution of a branch is a row and a column side by side.
Value* mixed_8(ModelBuilder& b, std::string_view module, Value* x) {
  const auto scope = b.enter(module);
  Value* ones = pointwise(b, "branch1x1", x, 320);
  Value* threes = pointwise(b, "branch3x3_1", x, 384);
  threes = b.concat("Concat", {row(b, "branch3x3_2a", threes, 384, 3),
                               column(b, "branch3x3_2b", threes, 384, 3)});
  Value* twice = square(b, "branch3x3dbl_2", pointwise(b, "branch3x3dbl_1", x, 448), 384);
  twice = b.concat("Concat_1", {row(b, "branch3x3dbl_3a", twice, 384, 3),
                                column(b, "branch3x3dbl_3b", twice, 384, 3)});
  return b.concat("Concat_2", {ones, threes, twice, pooled(b, x, 192)});
}

}  // namespace

Graph inception_v3(std::string_view name, const ModelOptions& options) {
  ModelBuilder b(name, options, kNormEpsilon);
  Value* x = halving(b, "Conv2d_1a_3x3", b.image(), 32);
  x = conv_bn_relu(b, "Conv2d_2a_3x3", x, {.out_channels = 32, .kernel = 3});
  x = square(b, "Conv2d_2b_3x3", x, 64);
  x = b.max_pool("maxpool1", x, 3, 2);
  x = pointwise(b, "Conv2d_3b_1x1", x, 80);
  x = conv_bn_relu(b, "Conv2d_4a_3x3", x, {.out_channels = 192, .kernel = 3});
  x = b.max_pool("maxpool2", x, 3, 2);
  x = mixed_35(b, "Mixed_5b", x, 32);
  x = mixed_35(b, "Mixed_5c", x, 64);
  x = mixed_35(b, "Mixed_5d", x, 64);
  x = reduce_35(b, "Mixed_6a", x);
  x = mixed_17(b, "Mixed_6b", x, 128);
  x = mixed_17(b, "Mixed_6c", x, 160);
  x = mixed_17(b, "Mixed_6d", x, 160);
  x = mixed_17(b, "Mixed_6e", x, 192);
  x = reduce_17(b, "Mixed_7a", x);
  x = mixed_8(b, "Mixed_7b", x);
  x = mixed_8(b, "Mixed_7c", x);
  x = b.global_average_pool("avgpool", x);
  x = b.flatten("Flatten", x);
  return b.finish(b.linear("fc", x, options.num_classes));
}

}  // namespace headway::models
