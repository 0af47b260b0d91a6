#include <limits>

#include "formats/onnx/contrib/attention_core.h"
#include "formats/onnx/contrib/families.h"
#include "ops/onnx_dtype.h"

namespace headway::onnx {
namespace {

std::int64_t heads_of(const Expansion& e) {
  const std::int64_t heads = e.get_int("num_heads", 0);
  if (heads <= 0) e.refuse("num_heads must be positive");
  return heads;
}

Value* joined(Expansion& e, Value* past, Value* fresh) {
  return past == nullptr ? fresh : e.add("Concat", {past, fresh}, {{"axis", std::int64_t{2}}});
}

/// Attention over a projection [batch, tokens, q + k + v]. `past` and the node's output 1 are keys
/// and values together, [2, batch, heads, tokens, size].
void attend_projection(Expansion& e, Value* projection, Value* mask, Value* past, Value* bias) {
  const std::int64_t heads = heads_of(e);
  const auto parts = split_last(e, projection, 3, e.node().get_ints("qkv_hidden_sizes", {}));
  const auto past_part = [&](std::int64_t index) {
    return past == nullptr ? nullptr : e.add("Gather", {past, e.int_scalar(index)});
  };
  Value* q = split_heads(e, parts[0], heads);
  Value* k = joined(e, past_part(0), split_heads(e, parts[1], heads));
  Value* v = joined(e, past_part(1), split_heads(e, parts[2], heads));
  if (e.wants(1)) {
    Value* front = e.ints({0});
    e.yield(1, e.add("Concat", {e.add("Unsqueeze", {k, front}), e.add("Unsqueeze", {v, front})},
                     {{"axis", std::int64_t{0}}}));
  }
  e.yield(0, attend(e, {q, k, v, mask, bias}));
}

/// Attention(input, weights, bias?, mask_index?, past?, attention_bias?, past_length?)
void expand_attention(Expansion& e) {
  if (e.get_int("do_rotary", 0) != 0) e.refuse("do_rotary is not supported");
  if (e.has(6)) e.refuse("a past that shares its buffer with the present is not supported");
  Value* projection = e.plus(e.add("MatMul", {e.input(0), e.input(1)}), e.optional_input(2));
  attend_projection(e, projection, e.optional_input(3), e.optional_input(4), e.optional_input(5));
}

/// QAttention(input, weight, bias, input_scale, weight_scale, mask_index?, input_zero?,
/// weight_zero?, past?)
void expand_q_attention(Expansion& e) {
  if (e.get_int("do_rotary", 0) != 0) e.refuse("do_rotary is not supported");
  Value* x = e.add("DequantizeLinear", {e.input(0), e.input(3), e.optional_input(6)});
  Value* w = e.add("DequantizeLinear", {e.input(1), e.input(4), e.optional_input(7)},
                   {{"axis", std::int64_t{1}}});
  Value* projection = e.plus(e.add("MatMul", {x, w}), e.input(2));
  attend_projection(e, projection, e.optional_input(5), e.optional_input(8), nullptr);
}

/// One of the tensors that are packed along `axis` of a tensor of rank 5, its heads before its
/// tokens.
Value* unpacked(Expansion& e, Value* packed, std::int64_t index) {
  Value* part = e.add("Gather", {packed, e.int_scalar(index)}, {{"axis", std::int64_t{3}}});
  return e.transpose(part, {0, 2, 1, 3});
}

/// The inputs query, key and value of MultiHeadAttention in all of their forms, as heads.
AttentionParts multi_head_parts(Expansion& e, std::int64_t heads) {
  std::vector<Value*> biases(3);
  if (e.has(3)) biases = split_last(e, e.input(3), 3);
  const auto head = [&](Value* value, std::size_t index) {
    return split_heads(e, e.plus(value, biases[index]), heads);
  };
  if (!e.has(1) || e.rank(e.input(0)) == 5) {
    if (e.has(3)) e.refuse("a bias of packed queries, keys and values is not supported");
    Value* packed = e.input(0);
    return {unpacked(e, packed, 0), unpacked(e, packed, 1), unpacked(e, packed, 2)};
  }
  AttentionParts parts{head(e.input(0), 0), nullptr, nullptr};
  const std::int64_t rank = e.rank(e.input(1));
  if (rank == 5) {
    if (e.has(3)) e.refuse("a bias of packed keys and values is not supported");
    parts.k = unpacked(e, e.input(1), 0);
    parts.v = unpacked(e, e.input(1), 1);
  } else if (rank == 4) {  // Heads already, as a decoder keeps those of its encoder.
    parts.k = e.input(1);
    parts.v = e.input(2);
  } else {
    parts.k = head(e.input(1), 1);
    parts.v = head(e.input(2), 2);
  }
  return parts;
}

/// MultiHeadAttention(query, key?, value?, bias?, key_mask?, attention_bias?, past_key?,
/// past_value?, past_length?, cache_indirection?) -> output, present_key?, present_value?
void expand_multi_head_attention(Expansion& e) {
  if (e.has(8) || e.has(9))
    e.refuse("a past that shares its buffer with the present is not supported");
  AttentionParts parts = multi_head_parts(e, heads_of(e));
  parts.k = joined(e, e.optional_input(6), parts.k);
  parts.v = joined(e, e.optional_input(7), parts.v);
  parts.key_mask = e.optional_input(4);
  parts.bias = e.optional_input(5);
  e.yield(1, parts.k);
  e.yield(2, parts.v);
  e.yield(0, attend(e, parts));
}

/// RotaryEmbedding(input, position_ids, cos_cache, sin_cache). One position id is that of the first
/// token.
void expand_rotary_embedding(Expansion& e) {
  if (e.get_int("is_packed_batching", 0) != 0 || e.get_float("scale", 1.0f) != 1.0f)
    e.refuse("packed batches and scales are not supported");
  Value* x = e.input(0);
  const std::int64_t rank = e.rank(x);
  Value* ids = e.input(1);
  if (e.rank(ids) == 1) {
    Value* row = e.plus(e.positions(e.extent(x, rank == 3 ? 1 : 2)), ids);
    Value* one = e.ints({1});
    Value* shape = e.add("Concat", {e.extent(x, 0), one}, {{"axis", std::int64_t{0}}});
    ids = e.add("Expand", {e.add("Unsqueeze", {row, e.ints({0})}), shape});
  }
  Attributes attributes = {{"interleaved", e.get_int("interleaved", 0)},
                           {"rotary_embedding_dim", e.get_int("rotary_embedding_dim", 0)}};
  std::int64_t heads = e.get_int("num_heads", 0);
  const bool split = rank == 3 && heads == 0;
  if (split) {  // A head is as long as the caches say.
    constexpr std::int64_t kLongest = std::numeric_limits<std::int32_t>::max();
    const auto shape = e.input(2)->type.static_shape();
    if (!shape || shape->empty() || shape->back() > kLongest) e.refuse("num_heads is missing");
    x = e.transpose(e.reshape(x, {0, 0, -1, 2 * shape->back()}), {0, 2, 1, 3});
  } else if (rank == 3) {
    attributes.emplace("num_heads", heads);
  }
  Value* y = e.add("RotaryEmbedding", {x, e.input(2), e.input(3), ids}, std::move(attributes));
  e.yield(0, split ? join_heads(e, y) : y);
}

/// FlexAttention(Q, K, V): bodies may change scores and probabilities; without them it is
/// Attention.
void expand_flex_attention(Expansion& e) {
  Value *q = e.input(0), *v = e.input(2);
  if (!e.node().has("score_mod") && !e.node().has("prob_mod")) {
    e.yield(0, e.add("Attention", {q, e.input(1), v}, e.node().attributes));
    return;
  }
  const DType dtype = e.dtype_of(q);
  Value* scores = e.add("MatMul", {q, e.transpose(e.input(1), {0, 1, 3, 2})});
  scores = e.node().has("scale")
               ? e.add("Mul", {scores, e.scalar(e.get_float("scale", 1.0F), q)})
               : e.add("Div", {scores, e.add("Sqrt", {e.cast(e.extent(q, 3), dtype)})});
  scores = e.through_body("score_mod", scores);
  const auto precision = dtype_of_onnx_number(e.get_int("softmax_precision", 0));
  Value* probabilities = e.add("Softmax", {precision ? e.cast(scores, *precision) : scores});
  if (precision) probabilities = e.cast(probabilities, dtype);
  e.yield(0, e.add("MatMul", {e.through_body("prob_mod", probabilities), v}));
}

}  // namespace

std::vector<ContribOperator> contrib_attention() {
  return {
      {"Attention",
       {"do_rotary", "mask_filter_value", "num_heads", "past_present_share_buffer",
        "qkv_hidden_sizes", "rotary_embedding_dim", "scale", "unidirectional"},
       expand_attention},
      {"FlexAttention",
       {"prob_mod", "scale", "score_mod", "softmax_precision"},
       expand_flex_attention,
       "ai.onnx.preview"},
      {"MultiHeadAttention",
       {"mask_filter_value", "num_heads", "scale", "unidirectional"},
       expand_multi_head_attention},
      {"QAttention",
       {"do_rotary", "mask_filter_value", "num_heads", "past_present_share_buffer",
        "rotary_embedding_dim", "scale", "unidirectional"},
       expand_q_attention},
      {"RotaryEmbedding",
       {"interleaved", "is_packed_batching", "num_heads", "rotary_embedding_dim", "scale"},
       expand_rotary_embedding},
  };
}

}  // namespace headway::onnx
