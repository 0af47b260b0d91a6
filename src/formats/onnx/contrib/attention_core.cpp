#include "formats/onnx/contrib/attention_core.h"

#include <limits>

namespace headway::onnx {
namespace {

/// A boolean that says which keys may be seen, as something to add to the scores.
Value* as_addend(Expansion& e, Value* visible, double otherwise, const Value* like) {
  return e.add("Where", {visible, e.scalar(0, like), e.scalar(otherwise, like)});
}

double most_negative(DType dtype) {
  return dtype == DType::kFloat16 ? -65504.0 : std::numeric_limits<float>::lowest();
}

Value* key_mask(Expansion& e, const AttentionParts& parts) {
  const double filter = e.get_float("mask_filter_value", -10000.0f);
  const std::int64_t rank = e.rank(parts.key_mask);
  if (rank == 1) {
    Value* column = e.add("Unsqueeze", {e.cast(parts.key_mask, DType::kInt64), e.ints({1, 2, 3})});
    Value* visible = e.add("Less", {e.positions(e.extent(parts.k, 2)), column});
    return as_addend(e, visible, filter, parts.q);
  }
  if (rank != 2 && rank != 3) e.refuse("a mask of rank ", rank, " is not supported");
  Value* visible = e.cast(parts.key_mask, DType::kBool);
  const std::vector<std::int64_t> axes =
      rank == 2 ? std::vector<std::int64_t>{1, 2} : std::vector<std::int64_t>{1};
  return as_addend(e, e.add("Unsqueeze", {visible, e.ints(axes)}), filter, parts.q);
}

/// The last query sees all keys, and each before it one less.
Value* causal_mask(Expansion& e, const AttentionParts& parts) {
  Value* queries = e.extent(parts.q, 2);
  Value* keys = e.extent(parts.k, 2);
  Value* last = e.plus(e.positions(queries), e.add("Sub", {keys, queries}));
  Value* row = e.add("Unsqueeze", {last, e.ints({1})});
  Value* visible = e.add("LessOrEqual", {e.positions(keys), row});
  return as_addend(e, visible, most_negative(e.dtype_of(parts.q)), parts.q);
}

/// Times the attribute scale, or 1/√(head size), which becomes a constant with the shapes.
Value* scaled(Expansion& e, Value* scores, const AttentionParts& parts) {
  const float scale = e.get_float("scale", 0.0f);
  if (scale != 0.0f) return e.add("Mul", {scores, e.scalar(scale, parts.q)});
  const DType dtype = e.dtype_of(parts.q);
  Value* root = e.add("Sqrt", {e.cast(e.extent(parts.q, 3), DType::kFloat32)});
  return e.add("Div", {scores, dtype == DType::kFloat32 ? root : e.cast(root, dtype)});
}

}  // namespace

Value* split_heads(Expansion& e, Value* value, std::int64_t heads) {
  return e.transpose(e.reshape(value, {0, 0, heads, -1}), {0, 2, 1, 3});
}

Value* join_heads(Expansion& e, Value* value) {
  return e.reshape(e.transpose(value, {0, 2, 1, 3}), {0, 0, -1});
}

std::vector<Value*> split_last(Expansion& e, Value* value, std::size_t count,
                               const std::vector<std::int64_t>& sizes) {
  return e.add_many("Split", {value, sizes.empty() ? nullptr : e.ints(sizes)}, count,
                    {{"axis", std::int64_t{-1}}});
}

Value* attend(Expansion& e, const AttentionParts& parts) {
  Value* keys = e.transpose(parts.k, {0, 1, 3, 2});
  Value* scores = scaled(e, e.add("MatMul", {parts.q, keys}), parts);
  Value* mask = parts.bias;
  const auto with = [&](Value* more) { mask = mask == nullptr ? more : e.plus(mask, more); };
  if (parts.key_mask != nullptr) with(key_mask(e, parts));
  if (e.get_int("unidirectional", 0) != 0) with(causal_mask(e, parts));
  Value* weights = e.add("Softmax", {e.plus(scores, mask)}, {{"axis", std::int64_t{-1}}});
  return join_heads(e, e.add("MatMul", {weights, parts.v}));
}

}  // namespace headway::onnx
