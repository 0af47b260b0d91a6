#include "formats/torchscript/reader/call.h"

namespace headway::script {
namespace {

Value* filled(Call& call, const std::vector<Extent>& extents, const IValue& fill, DType dtype) {
  Value* element = call.operand(fill, dtype);
  const Tensor known = call.graph().elements(element);
  if (!known.defined()) return call.node("Expand", {element, call.extents_value(extents)});
  return call.node("ConstantOfShape", {call.extents_value(extents)},
                   {{"value", known.clone().reshaped({1})}});
}

DType dtype_or(Call& call, DType otherwise) {
  return call.dtype("dtype").value_or(otherwise);
}
DType dtype_of_fill(const IValue& fill) {
  return promoted({&fill});
}

IValue zeros(Call& call) {
  return tensor_result(
      filled(call, call.extents("size"), std::int64_t{0}, dtype_or(call, DType::kFloat32)));
}
IValue ones(Call& call) {
  return tensor_result(
      filled(call, call.extents("size"), std::int64_t{1}, dtype_or(call, DType::kFloat32)));
}
IValue full(Call& call) {
  const IValue& fill = call.argument("fill_value");
  return tensor_result(
      filled(call, call.extents("size"), fill, dtype_or(call, dtype_of_fill(fill))));
}
IValue like(Call& call, const IValue& fill) {
  Value* self = call.tensor("self");
  return tensor_result(
      filled(call, call.extents_of(self), fill, dtype_or(call, call.graph().dtype(self))));
}
IValue zeros_like(Call& call) {
  return like(call, std::int64_t{0});
}
IValue ones_like(Call& call) {
  return like(call, std::int64_t{1});
}
IValue full_like(Call& call) {
  return like(call, call.argument("fill_value"));
}
IValue newly(Call& call, const IValue& fill) {
  const DType dtype = dtype_or(call, call.graph().dtype(call.tensor("self")));
  return tensor_result(filled(call, call.extents("size"), fill, dtype));
}
IValue new_zeros(Call& call) {
  return newly(call, std::int64_t{0});
}
IValue new_ones(Call& call) {
  return newly(call, std::int64_t{1});
}
IValue new_full(Call& call) {
  return newly(call, call.argument("fill_value"));
}

IValue arange(Call& call) {
  const bool one = !call.has("second");
  const IValue start = one ? IValue(std::int64_t{0}) : call.argument("first");
  const IValue& end = call.argument(one ? "first" : "second");
  const IValue step = call.has("third") ? call.argument("third") : IValue(std::int64_t{1});
  const DType dtype = dtype_or(call, promoted({&start, &end, &step}));
  return tensor_result(call.node(
      "Range", {call.operand(start, dtype), call.operand(end, dtype), call.operand(step, dtype)}));
}

/// The numbers of nested lists, and the shape.
void flatten(Call& call, const IValue& value, std::size_t depth, Shape& shape,
             std::vector<double>& numbers, std::vector<const IValue*>& leaves) {
  if (const auto* list = std::get_if<ListRef>(&value)) {
    const auto size = static_cast<std::int64_t>((*list)->items.size());
    if (depth == shape.size()) shape.resize(depth + 1, size);
    if (shape[depth] != size || depth > 16) call.unsupported("rows of different lengths");
    for (const IValue& item : (*list)->items)
      flatten(call, item, depth + 1, shape, numbers, leaves);
    return;
  }
  leaves.push_back(&value);
  if (const auto* number = std::get_if<double>(&value)) return numbers.push_back(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return numbers.push_back(*flag ? 1 : 0);
  const auto* integer = std::get_if<std::int64_t>(&value);
  if (integer == nullptr) call.unsupported("a tensor of ", kind_of(value));
  numbers.push_back(static_cast<double>(*integer));
}

IValue tensor(Call& call) {
  const IValue& data = call.argument("data");
  if (call.is_tensor("data")) return data;
  if (std::holds_alternative<SymInt>(data))
    return tensor_result(call.operand(data, dtype_or(call, DType::kInt64)));
  Shape shape;
  std::vector<double> numbers;
  std::vector<const IValue*> leaves;
  flatten(call, data, 0, shape, numbers, leaves);
  const DType dtype = dtype_or(call, promoted(leaves));
  return tensor_result(call.graph().constant(
      Tensor::from<double>(shape, std::span<const double>(numbers)).to(dtype)));
}

constexpr std::string_view kSized = "size, dtype=None, layout=None, device=None, pin_memory=None";
constexpr std::string_view kLike = "self, dtype=None, layout=None, device=None, pin_memory=None";
constexpr std::string_view kNew =
    "self, size, dtype=None, layout=None, device=None, pin_memory=None";

constexpr AtenOperator kOperators[] = {
    {"zeros", kSized, zeros},
    {"ones", kSized, ones},
    {"empty", kSized, zeros},
    {"full", "size, fill_value, dtype=None, layout=None, device=None, pin_memory=None", full},
    {"zeros_like", kLike, zeros_like},
    {"ones_like", kLike, ones_like},
    {"empty_like", kLike, zeros_like},
    {"full_like", "self, fill_value, dtype=None, layout=None, device=None, pin_memory=None",
     full_like},
    {"new_zeros", kNew, new_zeros},
    {"new_empty", kNew, new_zeros},
    {"new_ones", kNew, new_ones},
    {"new_full", "self, size, fill_value, dtype=None, layout=None, device=None, pin_memory=None",
     new_full},
    {"arange", "first, second=None, third=None, dtype=None, layout=None, device=None", arange},
    {"tensor", "data, dtype=None, device=None, requires_grad=False", tensor},
    {"as_tensor", "data, dtype=None, device=None", tensor},
    {"scalar_tensor", "data, dtype=None, layout=None, device=None", tensor},
};

}  // namespace

std::span<const AtenOperator> creation_operators() {
  return kOperators;
}

}  // namespace headway::script
