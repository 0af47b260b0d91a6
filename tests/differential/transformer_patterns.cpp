#include <array>
#include <cmath>

#include "families.h"

namespace headway::differential {
namespace {

ValueId constant(Builder& b, DType dtype, const Shape& shape, Fill fill = Fill::kUnit) {
  return b.constant(random_tensor(dtype, shape, fill, b.random()));
}

/// A sequence of vectors: [batch, length, features], or without a batch.
ValueId sequence(Builder& b) {
  const ValueId found = b.value(single(), 2, 3, Fill::kPlain);
  if (b.tensor(found).size() > 0) return found;
  return b.operand(DType::kFloat32, {1, 4, 8}, Fill::kPlain);
}

ValueId linear(Builder& b, ValueId x, std::int64_t out) {
  const DType dtype = b.dtype_of(x);
  const ValueId y = b.node("MatMul", {x, constant(b, dtype, {b.shape_of(x).back(), out})});
  if (b.chance(25)) return y;
  const ValueId bias = constant(b, dtype, {out});
  return b.chance(50) ? b.node("Add", {y, bias}) : b.node("Add", {bias, y});
}

ValueId gelu(Builder& b, ValueId x) {
  const DType dtype = b.dtype_of(x);
  const auto number = [&](double value) { return b.scalar(dtype, value); };
  if (b.chance(30)) {  // The approximation with tanh.
    const ValueId cube = b.node("Pow", {x, number(3)});
    const ValueId inner = b.node("Add", {x, b.node("Mul", {cube, number(0.044715)})});
    const ValueId tanh = b.node("Tanh", {b.node("Mul", {inner, number(0.7978845608)})});
    return b.node("Mul", {b.node("Mul", {x, number(0.5)}), b.node("Add", {tanh, number(1)})});
  }
  const ValueId scaled = b.chance(50) ? b.node("Div", {x, number(std::sqrt(2.0))})
                                      : b.node("Mul", {x, number(std::sqrt(0.5))});
  const ValueId one = b.node("Add", {b.node("Erf", {scaled}), number(1)});
  if (b.chance(50)) return b.node("Mul", {b.node("Mul", {x, one}), number(0.5)});
  return b.node("Mul", {b.node("Mul", {x, number(0.5)}), one});
}

void feed_forward(Builder& b) {
  const ValueId x = sequence(b);
  ValueId y = linear(b, x, b.between(1, 40));
  y = b.chance(60)   ? gelu(b, y)
      : b.chance(50) ? b.node("Relu", {y})
                     : b.node("Mul", {y, b.node("Sigmoid", {y})});
  y = linear(b, y, b.shape_of(x).back());
  if (b.chance(70)) b.node("Add", {x, y});
}

ValueId mean(Builder& b, ValueId x) {
  return b.node("ReduceMean", {x}, {{"axes", Ints{-1}}});
}

/// Layer normalization as older exporters wrote it.
void layer_norm(Builder& b) {
  const ValueId x = sequence(b);
  const DType dtype = b.dtype_of(x);
  const Shape features = {b.shape_of(x).back()};
  const ValueId centred = b.node("Sub", {x, mean(b, x)});
  const ValueId square = b.chance(50) ? b.node("Pow", {centred, b.scalar(dtype, 2)})
                                      : b.node("Mul", {centred, centred});
  const ValueId variance = b.node("Add", {mean(b, square), b.scalar(dtype, 1e-3)});
  ValueId y = b.node("Div", {centred, b.node("Sqrt", {variance})});
  if (b.chance(80)) y = b.node("Mul", {y, constant(b, dtype, features)});
  if (b.chance(80)) y = b.node("Add", {y, constant(b, dtype, features)});
}

ValueId heads(Builder& b, ValueId x, std::int64_t count, std::int64_t width, const Ints& perm) {
  const Shape& shape = b.shape_of(x);
  const ValueId split = b.node("Reshape", {x, b.ints({shape[0], shape[1], count, width})});
  return b.node("Transpose", {split}, {{"perm", perm}});
}

/// Multi-head attention as exporters write it, with or without a mask and a scale.
void attention(Builder& b) {
  const std::int64_t count = b.between(1, 3), width = b.between(1, 9), batch = b.between(1, 2),
                     length = b.chance(20) ? b.between(16, 40) : b.between(1, 7);
  const DType dtype = b.chance(90) ? DType::kFloat32 : DType::kFloat16;
  const ValueId x = b.operand(dtype, {batch, length, count * width}, Fill::kPlain);
  const ValueId context =
      b.chance(80) ? x : b.operand(dtype, {batch, b.between(1, 9), count * width}, Fill::kPlain);
  const std::int64_t all = count * width;
  const ValueId q = heads(b, linear(b, x, all), count, width, {0, 2, 1, 3});
  const ValueId k = heads(b, linear(b, context, all), count, width, {0, 2, 3, 1});
  const ValueId v = heads(b, linear(b, context, all), count, width, {0, 2, 1, 3});
  ValueId scores = b.node("MatMul", {q, k});
  if (b.chance(40))
    scores = b.node("Div", {scores, b.scalar(dtype, std::sqrt(static_cast<double>(width)))});
  else if (b.chance(60))
    scores = b.node("Mul", {scores, b.scalar(dtype, 0.37)});
  if (b.chance(50))
    scores = b.node("Add",
                    {scores, b.operand(dtype, b.broadcastable(b.shape_of(scores)), Fill::kPlain)});
  const ValueId weights = b.node("Softmax", {scores}, {{"axis", std::int64_t{-1}}});
  ValueId y = b.node("MatMul", {weights, v});
  y = b.node("Transpose", {y}, {{"perm", Ints{0, 2, 1, 3}}});
  y = b.node("Reshape", {y, b.ints({batch, length, all})});
  if (b.chance(50)) linear(b, y, all);
}

/// The standard's own operator, opset 23.
void attention_operator(Builder& b) {
  const std::int64_t batch = b.between(1, 2), kv_heads = b.between(1, 2),
                     q_heads = kv_heads * b.between(1, 3), length = b.between(1, 6),
                     keys = b.between(1, 6), width = b.between(1, 9), values = b.between(1, 9);
  const DType dtype = DType::kFloat32;
  std::vector<ValueId> inputs = {b.operand(dtype, {batch, q_heads, length, width}, Fill::kPlain),
                                 b.operand(dtype, {batch, kv_heads, keys, width}, Fill::kPlain),
                                 b.operand(dtype, {batch, kv_heads, keys, values}, Fill::kPlain)};
  Attributes attributes;
  if (b.chance(40)) attributes["is_causal"] = std::int64_t{1};
  if (b.chance(40)) attributes["scale"] = 0.4F;
  if (b.chance(20)) attributes["softcap"] = 2.0F;
  if (b.chance(50) && !attributes.contains("is_causal")) {
    const bool boolean = b.chance(30);
    inputs.push_back(boolean ? b.constant(Tensor::from<std::int64_t>({1, 1}, {1}).to(DType::kBool))
                             : b.operand(dtype, {length, keys}, Fill::kPlain));
    if (boolean)
      inputs.back() = b.constant(
          random_integers(DType::kInt64, {length, keys}, 1, 1, b.random()).to(DType::kBool));
  }
  b.node("Attention", inputs, attributes);
}

void rotary(Builder& b) {
  const std::int64_t batch = b.between(1, 2), count = b.between(1, 3), length = b.between(1, 5),
                     half = b.between(1, 5);
  const DType dtype = DType::kFloat32;
  const ValueId x = b.operand(dtype, {batch, count, length, 2 * half}, Fill::kPlain);
  Attributes attributes;
  if (b.chance(50)) attributes["interleaved"] = b.between(0, 1);
  if (b.chance(50)) {
    b.node("RotaryEmbedding",
           {x, b.operand(dtype, {batch, length, half}, Fill::kUnit),
            b.operand(dtype, {batch, length, half}, Fill::kUnit)},
           attributes);
    return;
  }
  const Tensor positions = random_integers(DType::kInt64, {batch, length}, 0, 7, b.random());
  b.node("RotaryEmbedding",
         {x, b.operand(dtype, {8, half}, Fill::kUnit), b.operand(dtype, {8, half}, Fill::kUnit),
          b.input_or_constant(positions)},
         attributes);
}

/// A table looked up, a position added, normalized.
void embedding(Builder& b) {
  const std::int64_t width = b.between(1, 20), length = b.between(1, 6);
  const Tensor tokens = random_integers(DType::kInt64, {b.between(1, 2), length}, 0, 9, b.random());
  ValueId x = b.node("Gather", {constant(b, DType::kFloat32, {10, width}), b.input(tokens)});
  x = b.node("Add", {x, constant(b, DType::kFloat32, {1, length, width})});
  b.node("LayerNormalization",
         {x, constant(b, DType::kFloat32, {width}), constant(b, DType::kFloat32, {width})});
}

constexpr auto kGenerators =
    std::to_array<void (*)(Builder&)>({feed_forward, feed_forward, layer_norm, attention, attention,
                                       attention_operator, rotary, embedding});

}  // namespace

Family transformer_pattern_family() {
  return {"transformer patterns", kGenerators};
}

}  // namespace headway::differential
