#include "formats/torchscript/reader/call.h"

namespace headway::script {
namespace {

IValue compare(Call& call, std::string_view op, bool negate = false) {
  const IValue &a = call.argument("self"), &b = call.argument("other");
  const DType dtype = promoted({&a, &b});
  Value* result = call.node(op, {call.operand(a, dtype), call.operand(b, dtype)});
  return tensor_result(negate ? call.node("Not", {result}) : result);
}
IValue eq(Call& call) {
  return compare(call, "Equal");
}
IValue ne(Call& call) {
  return compare(call, "Equal", true);
}
IValue lt(Call& call) {
  return compare(call, "Less");
}
IValue le(Call& call) {
  return compare(call, "LessOrEqual");
}
IValue gt(Call& call) {
  return compare(call, "Greater");
}
IValue ge(Call& call) {
  return compare(call, "GreaterOrEqual");
}

IValue combine(Call& call, std::string_view op, std::string_view bitwise) {
  const IValue &a = call.argument("self"), &b = call.argument("other");
  const DType dtype = promoted({&a, &b});
  if (dtype != DType::kBool && !bitwise.empty())
    return tensor_result(call.node(bitwise, {call.operand(a, dtype), call.operand(b, dtype)}));
  const auto flags = [&](const IValue& x) {
    return call.cast(call.operand(x, promoted({&x})), DType::kBool);
  };
  return tensor_result(call.node(op, {flags(a), flags(b)}));
}
IValue logical_and(Call& call) {
  return combine(call, "And", "");
}
IValue logical_or(Call& call) {
  return combine(call, "Or", "");
}
IValue logical_xor(Call& call) {
  return combine(call, "Xor", "");
}
IValue bitwise_and(Call& call) {
  return combine(call, "And", "BitwiseAnd");
}
IValue bitwise_or(Call& call) {
  return combine(call, "Or", "BitwiseOr");
}
IValue bitwise_xor(Call& call) {
  return combine(call, "Xor", "BitwiseXor");
}
IValue logical_not(Call& call) {
  return tensor_result(call.node("Not", {call.cast(call.tensor("self"), DType::kBool)}));
}
IValue bitwise_not(Call& call) {
  Value* x = call.tensor("self");
  return tensor_result(
      call.node(call.graph().dtype(x) == DType::kBool ? "Not" : "BitwiseNot", {x}));
}
IValue isnan(Call& call) {
  return tensor_result(call.node("IsNaN", {call.tensor("self")}));
}
IValue isinf(Call& call) {
  return tensor_result(call.node("IsInf", {call.tensor("self")}));
}

IValue where(Call& call) {
  const IValue &a = call.argument("self"), &b = call.argument("other");
  if (is_none(a)) {
    std::vector<IValue> indices;
    for (Value* vector : index_vectors(call, call.tensor("condition")))
      indices.push_back(tensor_result(vector));
    return list_of(std::move(indices));
  }
  const DType dtype = promoted({&a, &b});
  return tensor_result(call.node("Where", {call.cast(call.tensor("condition"), DType::kBool),
                                           call.operand(a, dtype), call.operand(b, dtype)}));
}
IValue masked_fill(Call& call) {
  Value* x = call.tensor("self");
  const DType dtype = call.graph().dtype(x);
  return tensor_result(call.node("Where", {call.cast(call.tensor("mask"), DType::kBool),
                                           call.operand(call.argument("value"), dtype), x}));
}

constexpr AtenOperator kOperators[] = {
    {"eq", "self, other", eq},
    {"ne", "self, other", ne},
    {"lt", "self, other", lt},
    {"le", "self, other", le},
    {"gt", "self, other", gt},
    {"ge", "self, other", ge},
    {"logical_and", "self, other", logical_and},
    {"logical_or", "self, other", logical_or},
    {"logical_xor", "self, other", logical_xor},
    {"__and__", "self, other", bitwise_and},
    {"__or__", "self, other", bitwise_or},
    {"__xor__", "self, other", bitwise_xor},
    {"bitwise_and", "self, other", bitwise_and},
    {"bitwise_or", "self, other", bitwise_or},
    {"bitwise_xor", "self, other", bitwise_xor},
    {"logical_not", "self", logical_not},
    {"bitwise_not", "self", bitwise_not},
    {"isnan", "self", isnan},
    {"isinf", "self", isinf},
    {"where", "condition, self=None, other=None", where},
    {"masked_fill", "self, mask, value", masked_fill},
};

}  // namespace

std::span<const AtenOperator> comparison_operators() {
  return kOperators;
}

}  // namespace headway::script
