#include "formats/torchscript/reader/call.h"

namespace headway::script {
namespace {

struct Operands {
  Value *a, *b;
  DType dtype;
};

Operands operands(Call& call, bool floating = false) {
  const IValue &a = call.argument("self"), &b = call.argument("other");
  DType dtype = promoted({&a, &b});
  if (floating && !is_floating_point(dtype)) dtype = DType::kFloat32;
  return {call.operand(a, dtype), call.operand(b, dtype), dtype};
}

/// b times alpha.
Value* scaled(Call& call, const Operands& x) {
  if (!call.has("alpha") || call.number("alpha") == 1) return x.b;
  return call.node("Mul", {x.b, call.operand(call.argument("alpha"), x.dtype)});
}

IValue add(Call& call) {
  const Operands x = operands(call);
  if (x.dtype == DType::kBool) return tensor_result(call.node("Or", {x.a, x.b}));
  return tensor_result(call.node("Add", {x.a, scaled(call, x)}));
}
IValue sub(Call& call) {
  const Operands x = operands(call);
  return tensor_result(call.node("Sub", {x.a, scaled(call, x)}));
}
IValue rsub(Call& call) {
  const Operands x = operands(call);
  Value* subtrahend = x.a;
  if (call.number("alpha") != 1)
    subtrahend = call.node("Mul", {x.a, call.operand(call.argument("alpha"), x.dtype)});
  return tensor_result(call.node("Sub", {x.b, subtrahend}));
}
IValue mul(Call& call) {
  const Operands x = operands(call);
  if (x.dtype == DType::kBool) return tensor_result(call.node("And", {x.a, x.b}));
  return tensor_result(call.node("Mul", {x.a, x.b}));
}

Value* floored(Call& call, const Operands& x) {
  if (is_floating_point(x.dtype)) return call.node("Floor", {call.node("Div", {x.a, x.b})});
  // (a - a mod b) / b, as the remainder has the sign of b.
  Value* rest = call.node("Mod", {x.a, x.b});
  return call.node("Div", {call.node("Sub", {x.a, rest}), x.b});
}

IValue div(Call& call) {
  if (!call.has("rounding_mode")) {
    const Operands x = operands(call, true);
    return tensor_result(call.node("Div", {x.a, x.b}));
  }
  const Operands x = operands(call);
  if (call.text("rounding_mode") == "floor") return tensor_result(floored(call, x));
  Value* quotient = call.node("Div", {x.a, x.b});
  if (!is_floating_point(x.dtype)) return tensor_result(quotient);
  // Towards zero.
  Value* size = call.node("Floor", {call.node("Abs", {quotient})});
  return tensor_result(call.node("Mul", {call.node("Sign", {quotient}), size}));
}
IValue floor_divide(Call& call) {
  return tensor_result(floored(call, operands(call)));
}
IValue remainder(Call& call) {
  const Operands x = operands(call);
  if (!is_floating_point(x.dtype)) return tensor_result(call.node("Mod", {x.a, x.b}));
  return tensor_result(call.node("Sub", {x.a, call.node("Mul", {floored(call, x), x.b})}));
}
IValue fmod(Call& call) {
  const Operands x = operands(call);
  return tensor_result(call.node("Mod", {x.a, x.b}, {{"fmod", std::int64_t{1}}}));
}

IValue pow(Call& call) {
  const IValue &base = call.argument("self"), &exponent = call.argument("exponent");
  const DType dtype = promoted({&base, &exponent});
  const auto* integer = std::get_if<std::int64_t>(&exponent);
  if (integer != nullptr && *integer == 2) {
    Value* x = call.operand(base, dtype);
    return tensor_result(call.node("Mul", {x, x}));
  }
  return tensor_result(
      call.node("Pow", {call.operand(base, dtype), call.operand(exponent, dtype)}));
}
IValue square(Call& call) {
  Value* x = call.tensor("self");
  return tensor_result(call.node("Mul", {x, x}));
}
IValue rsqrt(Call& call) {
  return tensor_result(call.node("Reciprocal", {call.node("Sqrt", {call.tensor("self")})}));
}
IValue log2(Call& call) {
  Value* x = call.tensor("self");
  return tensor_result(call.node(
      "Div", {call.node("Log", {x}), call.scalar(0.6931471805599453, call.graph().dtype(x))}));
}
IValue log1p(Call& call) {
  Value* x = call.tensor("self");
  return tensor_result(
      call.node("Log", {call.node("Add", {x, call.scalar(1.0, call.graph().dtype(x))})}));
}

template <typename Name>
IValue same_type(Call& call, Name name) {
  return tensor_result(call.node(name, {call.tensor("self")}));
}
IValue neg(Call& call) {
  return same_type(call, "Neg");
}
IValue abs(Call& call) {
  return same_type(call, "Abs");
}
IValue floor(Call& call) {
  return same_type(call, "Floor");
}
IValue ceil(Call& call) {
  return same_type(call, "Ceil");
}
IValue round(Call& call) {
  return same_type(call, "Round");
}
IValue sign(Call& call) {
  return same_type(call, "Sign");
}

IValue clamp(Call& call) {
  Value* x = call.tensor("self");
  const DType dtype =
      promoted({&call.argument("self"), &call.argument("min"), &call.argument("max")});
  x = call.cast(x, dtype);
  const auto bound = [&](std::string_view name) {
    return call.has(name) ? call.operand(call.argument(name), dtype) : nullptr;
  };
  if (call.is_tensor("min") || call.is_tensor("max")) {
    if (Value* low = bound("min")) x = call.node("Max", {x, low});
    if (Value* high = bound("max")) x = call.node("Min", {x, high});
    return tensor_result(x);
  }
  return tensor_result(call.node("Clip", {x, bound("min"), bound("max")}));
}
IValue extreme(Call& call, std::string_view op) {
  const Operands x = operands(call);
  return tensor_result(call.node(op, {x.a, x.b}));
}
IValue maximum(Call& call) {
  return extreme(call, "Max");
}
IValue minimum(Call& call) {
  return extreme(call, "Min");
}

IValue addcmul(Call& call) {
  const IValue& a = call.argument("self");
  const DType dtype = promoted({&a});
  Value* product = call.node("Mul", {call.tensor("tensor1"), call.tensor("tensor2")});
  if (call.number("value") != 1)
    product = call.node("Mul", {product, call.operand(call.argument("value"), dtype)});
  return tensor_result(call.node("Add", {call.operand(a, dtype), product}));
}
IValue lerp(Call& call) {
  Value* start = call.tensor("self");
  const DType dtype = call.graph().dtype(start);
  Value* way = call.node("Sub", {call.tensor("end"), start});
  return tensor_result(call.node(
      "Add", {start, call.node("Mul", {way, call.operand(call.argument("weight"), dtype)})}));
}

constexpr AtenOperator kOperators[] = {
    {"add", "self, other, alpha=1", add},
    {"sub", "self, other, alpha=1", sub},
    {"rsub", "self, other, alpha=1", rsub},
    {"mul", "self, other", mul},
    {"multiply", "self, other", mul},
    {"div", "self, other, rounding_mode=None", div},
    {"true_divide", "self, other, rounding_mode=None", div},
    {"floor_divide", "self, other", floor_divide},
    {"floordiv", "self, other", floor_divide},
    {"remainder", "self, other", remainder},
    {"fmod", "self, other", fmod},
    {"pow", "self, exponent", pow},
    {"square", "self", square},
    {"rsqrt", "self", rsqrt},
    {"log2", "self", log2},
    {"log1p", "self", log1p},
    {"neg", "self", neg},
    {"abs", "self", abs},
    {"floor", "self", floor},
    {"ceil", "self", ceil},
    {"round", "self", round},
    {"sign", "self", sign},
    {"clamp", "self, min=None, max=None", clamp},
    {"clip", "self, min=None, max=None", clamp},
    {"clamp_min", "self, min, max=None", clamp},
    {"clamp_max", "self, max, min=None", clamp},
    {"maximum", "self, other", maximum},
    {"minimum", "self, other", minimum},
    {"addcmul", "self, tensor1, tensor2, value=1", addcmul},
    {"lerp", "self, end, weight", lerp},
};

}  // namespace

std::span<const AtenOperator> elementwise_operators() {
  return kOperators;
}

}  // namespace headway::script
