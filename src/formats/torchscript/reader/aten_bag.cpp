#include <limits>

#include "formats/torchscript/reader/call.h"

/// Sums, means and maxima of embeddings: bags are stretches of one list of indices.
namespace headway::script {
namespace {

enum class Mode : std::int64_t { kSum, kMean, kMax };

struct Bags {
  Value* of;  ///< [indices, 1]: the bag that an index is in.
  std::vector<Extent> count;
};

/// Bag i begins at offset i: as many bags have begun at an index as it is far.
Bags bags_of(Call& call, Value* offsets, Value* indices) {
  Value* zero = call.graph().scalar(std::int64_t{0}, DType::kInt64);
  Value* one = call.graph().scalar(std::int64_t{1}, DType::kInt64);
  const std::vector<Extent> count = call.extents_of(offsets), length = call.extents_of(indices);
  // One place more, as empty bags at the end begin after the last index.
  Value* places = call.node("Add", {call.extents_value(length), one});
  Value* starts =
      call.node("ConstantOfShape", {places}, {{"value", Tensor::from<std::int64_t>({1}, {0})}});
  starts = call.node("ScatterElements", {starts, offsets, call.expand(one, count)},
                     {{"axis", std::int64_t{0}}, {"reduction", std::string("add")}});
  Value* begun = call.node("Sub", {call.node("CumSum", {starts, zero}), one});
  Value* kept = call.node("Slice", {begun, call.ints_value({0}), call.extents_value(length)});
  return {call.unsqueeze(kept, {1}), count};
}

/// [bags, ...] of what belongs to each.
Value* gathered(Call& call, const Bags& bags, Value* parts, Mode mode) {
  const DType dtype = call.graph().dtype(parts);
  std::vector<Extent> extents = bags.count;
  const std::vector<Extent> own = call.extents_of(parts);
  extents.insert(extents.end(), own.begin() + 1, own.end());
  const double start = mode == Mode::kMax ? -std::numeric_limits<double>::infinity() : 0;
  return call.node("ScatterND", {call.expand(call.scalar(start, dtype), extents), bags.of, parts},
                   {{"reduction", std::string(mode == Mode::kMax ? "max" : "add")}});
}

IValue embedding_bag(Call& call) {
  Value *weight = call.tensor("weight"), *indices = call.tensor("indices");
  Value* offsets = call.cast(call.tensor("offsets"), DType::kInt64);
  const DType dtype = call.graph().dtype(weight);
  const auto mode = static_cast<Mode>(call.integer("mode"));
  if (call.rank(indices) != 1) call.unsupported("indices that are no list");
  if (call.has("padding_idx") && call.integer("padding_idx") >= 0)
    call.unsupported("an index for padding (padding_idx)");
  if (call.flag("include_last_offset")) offsets = call.slice(offsets, 0, 0, -1);
  const Bags bags = bags_of(call, offsets, indices);
  Value* parts = call.node("Gather", {weight, indices});
  if (Value* scales = call.optional_tensor("per_sample_weights"))
    parts = call.node("Mul", {parts, call.unsqueeze(scales, {1})});
  Value* result = gathered(call, bags, parts, mode);
  Value* ones = call.expand(call.scalar(1, dtype), call.extents_of(indices));
  Value* sizes = gathered(call, bags, ones, Mode::kSum);
  Value* column = call.unsqueeze(sizes, {1});
  if (mode == Mode::kMean)
    result = call.node("Div", {result, call.node("Max", {column, call.scalar(1, dtype)})});
  if (mode == Mode::kMax)
    result = call.node("Where", {call.node("Greater", {column, call.scalar(0, dtype)}), result,
                                 call.scalar(0, dtype)});
  return tuple_of({tensor_result(result), tensor_result(call.squeeze(bags.of, {1})),
                   tensor_result(call.cast(sizes, DType::kInt64)), IValue()});
}

constexpr AtenOperator kOperators[] = {
    {"embedding_bag",
     "weight, indices, offsets, scale_grad_by_freq=False, mode=0, sparse=False, "
     "per_sample_weights=None, include_last_offset=False, padding_idx=None",
     embedding_bag},
};

}  // namespace

std::span<const AtenOperator> bag_operators() {
  return kOperators;
}

}  // namespace headway::script
