#include "formats/torchscript/reader/call.h"

/// Operators that choose elements by indices or masks that only a run knows, and write to them.
namespace headway::script {

/// [rank, K]: where a mask holds.
Value* positions_of(const Builder& builder, Value* mask) {
  return builder.node("NonZero", {builder.cast(mask, DType::kBool)});
}

/// One 1-D tensor of indices for each axis of a mask.
std::vector<Value*> index_vectors(const Call& call, Value* mask) {
  Value* positions = positions_of(call, mask);
  std::vector<Value*> vectors;
  for (std::int64_t axis = 0; axis < call.rank(mask); ++axis)
    vectors.push_back(call.node("Gather", {positions, call.graph().scalar(axis, DType::kInt64)},
                                {{"axis", std::int64_t{0}}}));
  return vectors;
}

/// Indices for the first axes, broadcast to one shape, as the last axis of one tensor.
Value* joined_indices(const Call& call, std::vector<Value*> indices) {
  // Sums of zeros broadcast them.
  Value* zeros = nullptr;
  for (Value*& value : indices) {
    value = call.cast(value, DType::kInt64);
    Value* zero = call.node("Sub", {value, value});
    zeros = zeros == nullptr ? zero : call.node("Add", {zeros, zero});
  }
  const std::int64_t rank = call.rank(zeros);
  for (Value*& value : indices)
    value = call.unsqueeze(indices.size() == 1 ? value : call.node("Add", {value, zeros}), {rank});
  return indices.size() == 1 ? indices[0] : call.node("Concat", indices, {{"axis", rank}});
}

namespace {

bool is_mask(const Call& call, Value* value) {
  return call.graph().dtype(value) == DType::kBool || call.graph().dtype(value) == DType::kUInt8;
}

IValue nonzero(Call& call) {
  Value* positions = positions_of(call, call.tensor("self"));
  return tensor_result(call.transpose(positions, {1, 0}));
}
IValue argwhere(Call& call) {
  return nonzero(call);
}
IValue masked_select(Call& call) {
  Value *input = call.tensor("self"), *mask = call.tensor("mask");
  std::vector<Value*> vectors = index_vectors(call, call.expand(mask, call.extents_of(input)));
  return tensor_result(call.node("GatherND", {input, joined_indices(call, std::move(vectors))}));
}

/// What an assignment to x[...] makes of x.
Value* put(Call& call, Value* input, const std::vector<IValue>& items, bool accumulates) {
  const DType dtype = call.graph().dtype(input);
  Value* values = call.cast(call.tensor("values"), dtype);
  std::vector<Value*> indices;
  for (const IValue& item : items) {
    const auto* cell = std::get_if<TensorRef>(&item);
    if (cell == nullptr) call.unsupported("an index that is ", kind_of(item));
    Value* value = read(*cell);
    if (!is_mask(call, value)) {
      indices.push_back(value);
      continue;
    }
    if (items.size() == 1 && call.rank(values) == 0 && !accumulates) {
      Ints axes;
      for (std::int64_t axis = call.rank(value); axis < call.rank(input); ++axis)
        axes.push_back(axis);
      Value* mask = call.cast(axes.empty() ? value : call.unsqueeze(value, axes), DType::kBool);
      return call.node("Where", {mask, values, input});
    }
    for (Value* vector : index_vectors(call, value)) indices.push_back(vector);
  }
  const auto count = static_cast<std::int64_t>(indices.size());
  if (count == 0 || count > call.rank(input)) call.unsupported(count, " indices");
  Value* where = joined_indices(call, std::move(indices));
  std::vector<Extent> extents = call.extents_of(where);
  extents.pop_back();
  const std::vector<Extent> own = call.extents_of(input);
  extents.insert(extents.end(), own.begin() + count, own.end());
  return call.node("ScatterND", {input, where, call.expand(values, extents)},
                   {{"reduction", std::string(accumulates ? "add" : "none")}});
}
IValue index_put(Call& call) {
  return tensor_result(
      put(call, call.tensor("self"), call.items("indices"), call.flag("accumulate")));
}

IValue scattered(Call& call, const std::string& reduction) {
  Value *input = call.tensor("self"), *index = call.tensor("index");
  Value* source = call.operand(call.argument("src"), call.graph().dtype(input));
  if (!call.is_tensor("src")) {
    source = call.expand(source, call.extents_of(index));
  } else if (call.shape(source) != call.shape(index)) {
    // What lies outside of the indices is not used.
    const auto rank = static_cast<std::size_t>(call.rank(index));
    source = call.node("Slice", {source, call.ints_value(Ints(rank, 0)),
                                 call.extents_value(call.extents_of(index))});
  }
  return tensor_result(call.node("ScatterElements", {input, index, source},
                                 {{"axis", call.integer("dim")}, {"reduction", reduction}}));
}
IValue scatter(Call& call) {
  if (!call.has("reduce")) return scattered(call, "none");
  return scattered(call, call.text("reduce") == "add" ? "add" : "mul");
}
IValue scatter_add(Call& call) {
  return scattered(call, "add");
}

/// x with one value at some places of an axis.
IValue index_fill(Call& call) {
  Value *input = call.tensor("self"), *index = call.cast(call.tensor("index"), DType::kInt64);
  const std::int64_t rank = call.rank(input), axis = call.axis(call.integer("dim"), rank);
  std::vector<Extent> extents = call.extents_of(input);
  Ints axes;
  for (std::int64_t i = 0; i < rank; ++i)
    if (i != axis) axes.push_back(i);
  Value* places = call.reshape(index, {std::int64_t{-1}});
  extents[static_cast<std::size_t>(axis)] = call.extents_of(places)[0];
  places = call.expand(axes.empty() ? places : call.unsqueeze(places, axes), extents);
  Value* fill = call.operand(call.argument("value"), call.graph().dtype(input));
  return tensor_result(
      call.node("ScatterElements", {input, places, call.expand(fill, extents)}, {{"axis", axis}}));
}

IValue unique(Call& call) {
  Value* input = call.tensor("self");
  const std::vector<Value*> results =
      call.graph().add_all("Unique", {input}, 4, {{"sorted", std::int64_t{1}}});
  return tuple_of({tensor_result(results[0]),
                   tensor_result(call.reshape(results[2], call.extents_of(input))),
                   tensor_result(results[3])});
}

constexpr AtenOperator kOperators[] = {
    {"nonzero", "self", nonzero},
    {"argwhere", "self", argwhere},
    {"masked_select", "self, mask", masked_select},
    {"index_put", "self, indices, values, accumulate=False", index_put},
    {"scatter", "self, dim, index, src, reduce=None", scatter},
    {"scatter_add", "self, dim, index, src", scatter_add},
    {"index_fill", "self, dim, index, value", index_fill},
    {"_unique2", "self, sorted=True, return_inverse=False, return_counts=False", unique},
};

}  // namespace

std::span<const AtenOperator> scatter_operators() {
  return kOperators;
}

}  // namespace headway::script
