#include <algorithm>
#include <array>

#include "families.h"

namespace headway::differential {
namespace {

constexpr std::string_view kMicrosoft = "com.microsoft";

DType byte(Builder& b) {
  return b.pick(DTypeList{DType::kUInt8, DType::kInt8});
}

ValueId scale(Builder& b) {
  const double factor = 0.01 + 0.05 * b.random().uniform();
  return b.constant(Tensor::from<float>({}, {static_cast<float>(factor)}));
}

ValueId zero(Builder& b, DType dtype) {
  return b.scalar(dtype, static_cast<double>(b.between(0, 100)));
}

void unary(Builder& b) {
  const ValueId x = b.value({byte(b)}, 1, 4, Fill::kSpecial);
  const DType dtype = b.dtype_of(x);
  const std::string op = b.pick({"QLinearSigmoid", "QLinearLeakyRelu"});
  Attributes attributes;
  if (op == "QLinearLeakyRelu") attributes["alpha"] = 0.2F;
  b.node(op, {x, scale(b), zero(b, dtype), scale(b), zero(b, dtype)}, attributes, {dtype},
         kMicrosoft);
}

void concat(Builder& b) {
  const ValueId x = b.value({byte(b)}, 1, 4, Fill::kSpecial);
  const DType dtype = b.dtype_of(x);
  const ValueId y = b.operand(dtype, b.shape_of(x), Fill::kSpecial);
  b.node("QLinearConcat",
         {scale(b), zero(b, dtype), x, scale(b), zero(b, dtype), y, scale(b), zero(b, dtype)},
         {{"axis", b.between(0, static_cast<std::int64_t>(b.rank_of(x)) - 1)}}, {dtype},
         kMicrosoft);
}

void average_pool(Builder& b) {
  const DType dtype = byte(b);
  const Shape shape = {b.between(1, 2), b.between(1, 4), b.between(3, 7), b.between(3, 7)};
  const ValueId x = b.operand(dtype, shape, Fill::kSpecial);
  const std::vector<ValueId> inputs = {x, scale(b), zero(b, dtype), scale(b), zero(b, dtype)};
  if (b.chance(50)) {
    b.node("QLinearGlobalAveragePool", inputs, {}, {dtype}, kMicrosoft);
  } else {
    b.node("QLinearAveragePool", inputs, {{"kernel_shape", Ints{2, 3}}, {"strides", Ints{1, 2}}},
           {dtype}, kMicrosoft);
  }
}

/// Four-bit weights [columns, blocks, block / 2], a scale per block.
void matmul_n_bits(Builder& b) {
  const std::int64_t block = b.pick(Ints{16, 32}), blocks = b.between(1, 3),
                     columns = b.between(1, 9);
  const std::int64_t inner = block * blocks;
  const Tensor weights =
      random_integers(DType::kUInt8, {columns, blocks, block / 2}, 0, 255, b.random());
  const Tensor scales = random_tensor(DType::kFloat32, {columns * blocks}, Fill::kUnit, b.random());
  b.node("MatMulNBits",
         {b.operand(DType::kFloat32, {b.between(1, 4), inner}, Fill::kPlain), b.constant(weights),
          b.constant(scales)},
         {{"K", inner}, {"N", columns}, {"bits", std::int64_t{4}}, {"block_size", block}}, {},
         kMicrosoft);
}

void fused_conv(Builder& b) {
  const std::int64_t in = b.between(1, 9), out = b.between(1, 9), kernel = b.between(1, 3);
  const DType type = DType::kFloat32;
  std::vector<ValueId> inputs = {
      b.operand(type, {1, in, b.between(3, 8), b.between(3, 8)}, Fill::kPlain),
      b.constant(random_tensor(type, {out, in, kernel, kernel}, Fill::kUnit, b.random())),
      b.constant(random_tensor(type, {out}, Fill::kUnit, b.random()))};
  b.node(
      "FusedConv", inputs,
      {{"kernel_shape", Ints{kernel, kernel}}, {"activation", b.pick({"Relu", "Tanh", "Sigmoid"})}},
      {}, kMicrosoft);
}

void multi_head_attention(Builder& b) {
  const std::int64_t batch = b.between(1, 2), length = b.between(1, 6), keys = b.between(1, 6),
                     heads = b.between(1, 3), width = heads * b.between(1, 8);
  const DType type = DType::kFloat32;
  std::vector<ValueId> inputs = {b.operand(type, {batch, length, width}, Fill::kPlain),
                                 b.operand(type, {batch, keys, width}, Fill::kPlain),
                                 b.operand(type, {batch, keys, width}, Fill::kPlain)};
  if (b.chance(50)) inputs.push_back(b.operand(type, {3 * width}, Fill::kUnit));
  Attributes attributes{{"num_heads", heads}};
  if (b.chance(40)) attributes["scale"] = 0.4F;
  b.node("MultiHeadAttention", inputs, attributes, {}, kMicrosoft);
}

constexpr auto kGenerators = std::to_array<void (*)(Builder&)>(
    {unary, concat, average_pool, matmul_n_bits, fused_conv, multi_head_attention});

}  // namespace

Family contrib_quantized_family() {
  return {"contrib quantized", kGenerators};
}

}  // namespace headway::differential
