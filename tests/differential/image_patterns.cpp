#include <array>

#include "families.h"

namespace headway::differential {
namespace {

ValueId image(Builder& b) {
  const ValueId found = b.value(float32_only(), 4, 4, Fill::kPlain);
  const Shape& shape = b.shape_of(found);
  if (shape[1] > 0 && shape[1] <= 64 && shape[2] > 0 && shape[3] > 0) return found;
  return b.operand(DType::kFloat32, {1, b.pick(Ints{3, 4, 8, 16, 17}), 8, 7}, Fill::kPlain);
}

ValueId constant(Builder& b, const Shape& shape, Fill fill = Fill::kUnit) {
  return b.constant(random_tensor(DType::kFloat32, shape, fill, b.random()));
}

ValueId activation(Builder& b, ValueId x) {
  switch (b.between(0, 6)) {
    case 0:
      return x;
    case 1: {
      const ValueId low = b.scalar(DType::kFloat32, 0), high = b.scalar(DType::kFloat32, 6);
      return b.node("Clip", {x, low, high});
    }
    case 2:
      return b.node("Mul", {x, b.node("Sigmoid", {x})});
    case 3:
      return b.node("Mul", {x, b.node("HardSigmoid", {x}, {{"alpha", 1.0F / 6}})});
    case 4:
      return b.node(b.pick({"HardSwish", "LeakyRelu", "Sigmoid", "Tanh"}), {x});
    default:
      return b.node("Relu", {x});
  }
}

ValueId conv(Builder& b, ValueId x, std::int64_t out) {
  const std::int64_t in = b.shape_of(x)[1];
  const bool depthwise = out == in && b.chance(25);
  const std::int64_t kernel = b.pick(Ints{1, 1, 3, 3, 5}), stride = b.chance(75) ? 1 : 2;
  const std::int64_t pad = kernel / 2;
  std::vector<ValueId> inputs = {x, constant(b, {out, depthwise ? 1 : in, kernel, kernel})};
  if (b.chance(50)) inputs.push_back(constant(b, {out}));
  return b.node("Conv", inputs,
                {{"pads", Ints{pad, pad, pad, pad}},
                 {"strides", Ints{stride, stride}},
                 {"group", depthwise ? in : std::int64_t{1}}});
}

ValueId batch_norm(Builder& b, ValueId x) {
  const Shape channels = {b.shape_of(x)[1]};
  return b.node("BatchNormalization",
                {x, constant(b, channels), constant(b, channels), constant(b, channels),
                 constant(b, channels, Fill::kPositive)});
}

/// Convolution, batch normalization or a scale, perhaps a residual, activation.
void conv_block(Builder& b) {
  const ValueId x = image(b);
  const std::int64_t channels = b.shape_of(x)[1];
  ValueId y = conv(b, x, b.chance(60) ? channels : b.between(1, 20));
  if (b.chance(60)) y = batch_norm(b, y);
  if (b.chance(20)) y = b.node("Mul", {y, constant(b, {b.shape_of(y)[1], 1, 1})});
  if (b.chance(20)) y = b.node("Add", {y, constant(b, {1, b.shape_of(y)[1], 1, 1})});
  if (b.chance(40)) y = activation(b, y);
  if (b.chance(60)) y = b.node("Add", {y, b.operand(DType::kFloat32, b.shape_of(y), Fill::kPlain)});
  activation(b, y);
}

void pre_activation(Builder& b) {
  const ValueId x = image(b);
  conv(b, activation(b, batch_norm(b, x)), b.between(1, 20));
}

void squeeze_and_excite(Builder& b) {
  const ValueId x = image(b);
  const std::int64_t channels = b.shape_of(x)[1], middle = b.between(1, 4);
  ValueId s = b.chance(50) ? b.node("GlobalAveragePool", {x})
                           : b.node("ReduceMean", {x}, {{"axes", Ints{2, 3}}});
  s = b.node("Conv", {s, constant(b, {middle, channels, 1, 1}), constant(b, {middle})});
  s = activation(b, s);
  s = b.node("Conv", {s, constant(b, {channels, middle, 1, 1})});
  const ValueId scaled = b.node("Mul", {x, b.node("Sigmoid", {s})});
  if (b.chance(60)) conv(b, scaled, b.between(1, 20));
}

void shuffle(Builder& b) {
  const std::int64_t groups = b.between(2, 3), each = b.between(1, 9);
  const Shape shape = {1, groups * each, 6, 5};
  ValueId x = conv(b, b.operand(DType::kFloat32, shape, Fill::kPlain), groups * each);
  const Shape now = b.shape_of(x);
  x = b.node("Reshape", {x, b.ints({1, groups, each, now[2], now[3]})});
  x = b.node("Transpose", {x}, {{"perm", Ints{0, 2, 1, 3, 4}}});
  x = b.node("Reshape", {x, b.ints({1, -1, now[2], now[3]})});
  if (b.chance(60)) conv(b, x, b.between(1, 9));
}

void dense_block(Builder& b) {
  ValueId x = image(b);
  for (std::int64_t layer = b.between(1, 3); layer > 0; --layer) {
    const std::int64_t kernel = b.pick(Ints{1, 3}), pad = kernel / 2,
                       growth = b.pick(Ints{2, 8, 16});
    const ValueId y = b.node(
        "Conv",
        {activation(b, batch_norm(b, x)), constant(b, {growth, b.shape_of(x)[1], kernel, kernel})},
        {{"pads", Ints{pad, pad, pad, pad}}});
    x = b.node("Concat", {x, y}, {{"axis", std::int64_t{1}}});
  }
}

void pad_conv(Builder& b) {
  const ValueId x = image(b);
  const Ints pads = {0, 0, b.between(0, 2), b.between(0, 2),
                     0, 0, b.between(0, 2), b.between(0, 2)};
  conv(b, b.node("Pad", {x, b.ints(pads)}), b.between(1, 9));
}

void pooled(Builder& b) {
  const ValueId x = activation(b, conv(b, image(b), b.pick(Ints{4, 8, 16, 19})));
  if (b.shape_of(x)[2] < 2 || b.shape_of(x)[3] < 2) return;
  const Attributes window{{"kernel_shape", Ints{2, 2}}, {"strides", Ints{b.between(1, 2), 2}}};
  const ValueId y = b.node(b.pick({"MaxPool", "AveragePool"}), {x}, window);
  if (b.chance(50)) conv(b, y, b.between(1, 20));
}

void classifier(Builder& b) {
  ValueId x = conv(b, image(b), b.pick(Ints{4, 8, 16}));
  const std::int64_t channels = b.shape_of(x)[1];
  x = b.node("GlobalAveragePool", {x});
  x = b.chance(50) ? b.node("Flatten", {x}) : b.node("Reshape", {x, b.ints({0, -1})});
  x = b.node("Gemm", {x, constant(b, {5, channels}), constant(b, {5})},
             {{"transB", std::int64_t{1}}});
  b.node("Softmax", {x});
}

constexpr auto kGenerators = std::to_array<void (*)(Builder&)>(
    {conv_block, conv_block, conv_block, pre_activation, squeeze_and_excite, shuffle, dense_block,
     pad_conv, pooled, classifier});

}  // namespace

Family image_pattern_family() {
  return {"image patterns", kGenerators};
}

}  // namespace headway::differential
