#include <array>

#include "families.h"

namespace headway::differential {
namespace {

constexpr std::string_view kMicrosoft = "com.microsoft";

Tensor whole_number(DType dtype, std::int64_t value) {
  return Tensor::from<std::int64_t>({}, {value}).to(dtype);
}

Tensor positions(std::int64_t batch, std::int64_t last) {
  Tensor result = Tensor::allocate(DType::kInt32, {batch});
  for (std::int32_t& element : result.values<std::int32_t>())
    element = static_cast<std::int32_t>(last);
  return result;
}

/// A prompt without a past, or one token more after a past.
void group_query_attention(Builder& b) {
  const std::int64_t batch = b.between(1, 2), key_heads = b.between(1, 2),
                     heads = key_heads * b.between(1, 3), size = b.pick(Ints{8, 16, 32}),
                     past = b.chance(50) ? b.between(1, 6) : 0,
                     tokens = past > 0 ? 1 : b.between(1, 7), total = past + tokens;
  const DType type = DType::kFloat32;
  const Shape cache = {batch, key_heads, past, size};
  const auto rows = [&](std::int64_t width) {
    return b.operand(type, {batch, tokens, width}, Fill::kPlain);
  };
  std::vector<ValueId> inputs;
  if (b.chance(30))
    inputs = {rows((heads + 2 * key_heads) * size), kOmitted, kOmitted};
  else
    inputs = {rows(heads * size), rows(key_heads * size), rows(key_heads * size)};
  for (int i = 0; i < 2; ++i)
    inputs.push_back(past > 0 ? b.operand(type, cache, Fill::kPlain) : kOmitted);
  inputs.push_back(b.constant(positions(batch, total - 1)));
  inputs.push_back(b.constant(whole_number(DType::kInt32, total)));
  Attributes attributes = {{"num_heads", heads}, {"kv_num_heads", key_heads}};
  if (size >= 16 && b.chance(50)) {
    attributes["do_rotary"] = std::int64_t{1};
    attributes["rotary_interleaved"] = b.between(0, 1);
    for (int i = 0; i < 2; ++i)
      inputs.push_back(
          b.constant(random_tensor(type, {total + 3, size / 2}, Fill::kUnit, b.random())));
  }
  if (b.chance(30)) attributes["local_window_size"] = b.between(1, 5);
  if (b.chance(30)) attributes["softcap"] = 5.0F;
  if (b.chance(30)) attributes["scale"] = 0.2F;
  b.nodes("GroupQueryAttention", inputs, attributes, {type, type, type}, {}, kMicrosoft);
}

void rotary_embedding(Builder& b) {
  const std::int64_t batch = b.between(1, 2), heads = b.between(1, 3), length = b.between(1, 5),
                     size = 2 * b.between(1, 6), longest = length + b.between(0, 4);
  const DType type = DType::kFloat32;
  const ValueId at = b.input_or_constant(
      random_integers(DType::kInt64, {batch, length}, 0, longest - 1, b.random()));
  Attributes attributes;
  if (b.chance(50)) attributes["interleaved"] = b.between(0, 1);
  const auto table = [&] {
    return b.constant(random_tensor(type, {longest, size / 2}, Fill::kUnit, b.random()));
  };
  b.node("RotaryEmbedding",
         {b.operand(type, {batch, heads, length, size}, Fill::kPlain), at, table(), table()},
         attributes, {}, kMicrosoft);
}

/// Weights of 4 or 8 bits with a scale, and perhaps a zero point, for every block of a column.
void matmul_n_bits(Builder& b) {
  const std::int64_t bits = b.chance(70) ? 4 : 8, block = b.pick(Ints{16, 32, 64}),
                     columns = b.between(1, 40), inner = b.between(1, 150);
  const std::int64_t blocks = (inner + block - 1) / block;
  const auto bytes = [&](const Shape& shape) {
    return b.constant(random_integers(DType::kUInt8, shape, 0, 255, b.random()));
  };
  std::vector<ValueId> inputs = {
      b.operand(DType::kFloat32, {b.between(1, 3), b.between(1, 4), inner}, Fill::kPlain),
      bytes({columns, blocks, block * bits / 8}),
      b.constant(random_tensor(DType::kFloat32, {columns * blocks}, Fill::kUnit, b.random()))};
  if (b.chance(50)) inputs.push_back(bytes({columns * ((blocks * bits + 7) / 8)}));
  if (b.chance(30)) {
    inputs.resize(5, kOmitted);
    inputs.push_back(b.operand(DType::kFloat32, {columns}, Fill::kUnit));
  }
  b.node("MatMulNBits", inputs,
         {{"K", inner}, {"N", columns}, {"bits", bits}, {"block_size", block}}, {}, kMicrosoft);
}

void embedding(Builder& b) {
  const std::int64_t batch = b.between(1, 2), length = b.between(1, 5), width = b.between(1, 20),
                     words = b.between(1, 9);
  const DType type = DType::kFloat32;
  const auto ids = [&](std::int64_t most) {
    return b.input_or_constant(
        random_integers(DType::kInt32, {batch, length}, 0, most - 1, b.random()));
  };
  const bool segments = b.chance(60);
  const auto table = [&](std::int64_t rows) {
    return b.operand(type, {rows, width}, Fill::kPlain);
  };
  const ValueId word_ids = ids(words);
  std::vector<ValueId> inputs = {word_ids,
                                 segments ? ids(2) : kOmitted,
                                 table(words),
                                 table(length),
                                 segments ? table(2) : kOmitted,
                                 b.operand(type, {width}, Fill::kUnit),
                                 b.operand(type, {width}, Fill::kUnit)};
  Attributes attributes;
  if (b.chance(50)) attributes["epsilon"] = 1e-3F;
  b.nodes("EmbedLayerNormalization", inputs, attributes, {type, DType::kInt32}, {true, false},
          kMicrosoft);
}

/// Alone: where ONNX Runtime's probability is one, it wraps around to none.
void q_linear_softmax(Builder& b) {
  if (!b.alone()) return;
  const DType dtype = b.pick(DTypeList{DType::kUInt8, DType::kInt8});
  const ValueId x = b.value({dtype}, 2, 3, Fill::kSpecial);
  if (!b.has_elements(x)) return;
  const auto scale = [&] { return b.constant(Tensor::from<float>({}, {0.02F})); };
  const auto zero = [&] { return b.scalar(dtype, static_cast<double>(b.between(0, 100))); };
  b.node("QLinearSoftmax",
         {x, scale(), zero(), b.constant(Tensor::from<float>({}, {1.0F / 256})),
          b.scalar(dtype, dtype == DType::kInt8 ? -128 : 0)},
         {{"axis", b.axis_of(b.rank_of(x))}, {"opset", std::int64_t{13}}}, {dtype}, kMicrosoft);
}

constexpr auto kGenerators = std::to_array<void (*)(Builder&)>(
    {group_query_attention, group_query_attention, rotary_embedding, matmul_n_bits, embedding,
     q_linear_softmax});

}  // namespace

Family decoder_family() {
  return {"decoder", kGenerators};
}

}  // namespace headway::differential
