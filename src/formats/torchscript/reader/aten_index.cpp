#include <algorithm>

#include "formats/torchscript/reader/call.h"

namespace headway::script {
namespace {

/// An input that is used as indices holds integers.
Value* indices(Call& call, Value* value) {
  if (call.recorder().is_input(value) && is_floating_point(call.graph().dtype(value))) {
    TensorType type = value->type;
    type.dtype = DType::kInt64;
    call.recorder().refine(value, type);
  }
  return value;
}

IValue embedding(Call& call) {
  Value* tokens = indices(call, call.tensor("indices"));
  if (call.recorder().is_open(tokens)) {
    TensorType type = tokens->type;
    type.shape =
        SymbolicShape{call.recorder().symbol_for(tokens, 0), call.recorder().symbol_for(tokens, 1)};
    call.recorder().refine(tokens, type);
  }
  return tensor_result(call.node("Gather", {call.tensor("weight"), tokens}));
}

IValue index_select(Call& call) {
  return tensor_result(call.node("Gather",
                                 {call.tensor("self"), indices(call, call.tensor("index"))},
                                 {{"axis", call.integer("dim")}}));
}

IValue gather(Call& call) {
  return tensor_result(call.node("GatherElements",
                                 {call.tensor("self"), indices(call, call.tensor("index"))},
                                 {{"axis", call.integer("dim")}}));
}

/// A mask becomes the indices of what is true, for as many axes as it has.
std::vector<Value*> as_indices(Call& call, Value* value) {
  value = indices(call, value);
  if (call.graph().dtype(value) != DType::kBool && call.graph().dtype(value) != DType::kUInt8)
    return {value};
  const Tensor mask = call.graph().elements(value);
  if (!mask.defined() || mask.rank() != 1) return index_vectors(call, value);
  Ints positions;
  const Tensor flags = mask.to(DType::kBool);
  for (std::int64_t i = 0; i < flags.size(); ++i)
    if (flags.data<bool>()[i]) positions.push_back(i);
  return {call.ints_value(positions)};
}

/// x[:, i] and x[i, j]: indices in one place, or for the first axes.
IValue index(Call& call) {
  Value* input = call.tensor("self");
  std::vector<Value*> chosen;
  std::int64_t first = -1, axis = 0;
  for (const IValue& item : call.items("indices")) {
    if (const auto* cell = std::get_if<TensorRef>(&item)) {
      if (first < 0) first = axis;
      if (first + static_cast<std::int64_t>(chosen.size()) != axis)
        call.unsupported("indices for axes that are apart");
      for (Value* vector : as_indices(call, read(*cell))) chosen.push_back(vector);
      axis = first + static_cast<std::int64_t>(chosen.size()) - 1;
    } else if (!is_none(item)) {
      call.unsupported("an index that is ", kind_of(item));
    }
    ++axis;
  }
  if (chosen.empty()) return call.reference("self");
  if (chosen.size() == 1)
    return tensor_result(call.node("Gather", {input, chosen[0]}, {{"axis", first}}));
  if (first != 0) call.unsupported("several indices that are not for the first axes");
  Value* all = joined_indices(call, std::move(chosen));
  return tensor_result(call.node("GatherND", {input, all}));
}

IValue triangle(Call& call, bool upper) {
  return tensor_result(call.node(
      "Trilu", {call.tensor("self"), call.graph().scalar(call.integer("diagonal"), DType::kInt64)},
      {{"upper", std::int64_t{upper}}}));
}
IValue triu(Call& call) {
  return triangle(call, true);
}
IValue tril(Call& call) {
  return triangle(call, false);
}

constexpr AtenOperator kOperators[] = {
    {"embedding", "weight, indices, padding_idx=-1, scale_grad_by_freq=False, sparse=False",
     embedding},
    {"index_select", "self, dim, index", index_select},
    {"gather", "self, dim, index, sparse_grad=False", gather},
    {"index", "self, indices", index},
    {"triu", "self, diagonal=0", triu},
    {"tril", "self, diagonal=0", tril},
};

}  // namespace

std::span<const AtenOperator> index_operators() {
  return kOperators;
}

}  // namespace headway::script
