#include <cmath>
#include <limits>

#include "formats/torchscript/reader/call.h"

namespace headway::script {
namespace {

/// 0 where query i may see key j, minus infinity elsewhere.
Value* causal_mask(Call& call, std::int64_t queries, std::int64_t keys, DType dtype) {
  Tensor mask = Tensor::zeros(DType::kFloat32, {queries, keys});
  for (std::int64_t i = 0; i < queries; ++i)
    for (std::int64_t j = i + 1; j < keys; ++j)
      mask.data<float>()[i * keys + j] = -std::numeric_limits<float>::infinity();
  return call.graph().constant(mask.to(dtype));
}

/// softmax(query * scale * key^T + mask) * value
Value* attend(Call& call, Value* query, Value* key, Value* value, Value* mask, double scale) {
  const DType dtype = call.graph().dtype(query);
  Ints order;
  const std::int64_t rank = call.rank(key);
  for (std::int64_t axis = 0; axis < rank; ++axis) order.push_back(axis);
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  Value* scaled = call.node("Mul", {query, call.scalar(scale, dtype)});
  Value* scores = call.node("MatMul", {scaled, call.transpose(key, order)});
  if (mask != nullptr && call.graph().dtype(mask) == DType::kBool) {
    scores = call.node(
        "Where", {mask, scores, call.scalar(-std::numeric_limits<double>::infinity(), dtype)});
  } else if (mask != nullptr) {
    scores = call.node("Add", {scores, call.cast(mask, dtype)});
  }
  return call.node("MatMul", {call.node("Softmax", {scores}, {{"axis", std::int64_t{-1}}}), value});
}

IValue scaled_dot_product_attention(Call& call) {
  Value* query = call.tensor("query");
  Value* key = call.tensor("key");
  if (call.number("dropout_p") != 0) call.unsupported("dropout");
  if (call.flag("enable_gqa")) call.unsupported("grouped queries");
  const double scale = call.has("scale")
                           ? call.number("scale")
                           : 1 / std::sqrt(static_cast<double>(call.extent(query, -1)));
  Value* mask = call.optional_tensor("attn_mask");
  if (call.flag("is_causal"))
    mask =
        causal_mask(call, call.extent(query, -2), call.extent(key, -2), call.graph().dtype(query));
  return tensor_result(attend(call, query, key, call.tensor("value"), mask, scale));
}

/// x W^T + b
Value* project(Call& call, Value* x, Value* weight, Value* bias) {
  Value* product = call.node("MatMul", {x, call.transpose(weight, {1, 0})});
  return call.node("Add", {product, bias});
}

/// [N, S, E] to [N, heads, S, E / heads]
Value* split_heads(Call& call, Value* x, std::int64_t heads, std::int64_t width) {
  const std::vector<Extent> extents = call.extents_of(x);
  Value* parts = call.reshape(x, {extents[0], extents[1], heads, width});
  return call.transpose(parts, {0, 2, 1, 3});
}

/// The contrary of a mask that is true where something must not be seen, [N, heads, S, S] or less.
/// Such a mask is of queries and keys, [S, S], or of keys, [N, S], which has the type 1.
Value* seen_mask(Call& call) {
  Value* mask = call.optional_tensor("mask");
  if (mask == nullptr) return nullptr;
  const std::int64_t rank = call.rank(mask);
  if (rank != 2 && rank != 4) call.unsupported("a mask with ", rank, " dimensions");
  Value* seen = call.node("Not", {call.cast(mask, DType::kBool)});
  if (rank == 4) return seen;
  const bool is_of_keys = call.has("mask_type") && call.integer("mask_type") == 1;
  return call.unsqueeze(seen, is_of_keys ? Ints{1, 2} : Ints{0, 1});
}

/// Multi-head attention of x to itself.
Value* self_attention(Call& call, Value* x, std::int64_t width, std::int64_t heads) {
  Value* mixed = project(call, x, call.tensor("qkv_weight"), call.tensor("qkv_bias"));
  Value* parts[3];
  for (std::int64_t i = 0; i < 3; ++i)
    parts[i] =
        split_heads(call, call.slice(mixed, 2, i * width, (i + 1) * width), heads, width / heads);
  const double scale = 1 / std::sqrt(static_cast<double>(width / heads));
  Value* seen = attend(call, parts[0], parts[1], parts[2], seen_mask(call), scale);
  const std::vector<Extent> extents = call.extents_of(x);
  Value* joined = call.reshape(call.transpose(seen, {0, 2, 1, 3}), {extents[0], extents[1], width});
  return project(call, joined, call.tensor("proj_weight"), call.tensor("proj_bias"));
}

/// What nn.MultiheadAttention runs in evaluation.
IValue native_multi_head_attention(Call& call) {
  if (call.reference("query") != call.reference("key") ||
      call.reference("query") != call.reference("value"))
    call.unsupported("different queries, keys and values");
  Value* result = self_attention(call, call.tensor("query"), call.integer("embed_dim"),
                                 call.integer("num_head"));
  return tuple_of({tensor_result(result), IValue()});
}

/// What nn.TransformerEncoderLayer runs in evaluation.
IValue transformer_encoder_layer(Call& call) {
  const auto normalized = [&](Value* x, std::string_view number) {
    const auto parameter = [&](std::string_view name) {
      return call.tensor(std::string(name) + std::string(number));
    };
    return call.node(
        "LayerNormalization", {x, parameter("norm_weight_"), parameter("norm_bias_")},
        {{"axis", std::int64_t{-1}}, {"epsilon", static_cast<float>(call.number("eps"))}});
  };
  const auto feed_forward = [&](Value* x) {
    Value* inner = project(call, x, call.tensor("ffn_weight_1"), call.tensor("ffn_bias_1"));
    inner = call.node(call.flag("use_gelu") ? "Gelu" : "Relu", {inner});
    return project(call, inner, call.tensor("ffn_weight_2"), call.tensor("ffn_bias_2"));
  };
  const std::int64_t width = call.integer("embed_dim"), heads = call.integer("num_heads");
  const bool first = call.flag("norm_first");
  Value* x = call.tensor("src");
  x = call.node("Add", {x, self_attention(call, first ? normalized(x, "1") : x, width, heads)});
  if (!first) x = normalized(x, "1");
  x = call.node("Add", {x, feed_forward(first ? normalized(x, "2") : x)});
  return tensor_result(first ? x : normalized(x, "2"));
}

constexpr AtenOperator kOperators[] = {
    {"scaled_dot_product_attention",
     "query, key, value, attn_mask=None, dropout_p=0, is_causal=False, scale=None, "
     "enable_gqa=False",
     scaled_dot_product_attention},
    {"_native_multi_head_attention",
     "query, key, value, embed_dim, num_head, qkv_weight, qkv_bias, proj_weight, proj_bias, "
     "mask=None, need_weights=True, average_attn_weights=True, mask_type=None",
     native_multi_head_attention},
    {"_transformer_encoder_layer_fwd",
     "src, embed_dim, num_heads, qkv_weight, qkv_bias, proj_weight, proj_bias, use_gelu, "
     "norm_first, eps, norm_weight_1, norm_bias_1, norm_weight_2, norm_bias_2, ffn_weight_1, "
     "ffn_bias_1, ffn_weight_2, ffn_bias_2, mask=None, mask_type=None",
     transformer_encoder_layer},
};

}  // namespace

std::span<const AtenOperator> attention_operators() {
  return kOperators;
}

}  // namespace headway::script
