#include "formats/torchscript/emit_extent.h"
#include "formats/torchscript/op_map.h"

namespace headway::torchscript {
namespace {

bool is_integer(const Emitter& emitter) {
  const DType dtype = emitter.input(0).type.dtype;
  return !is_floating_point(dtype) && dtype != DType::kBool;
}

/// True if the result can lie in the first operand's memory.
bool has_output_shape(const Emitter& emitter) {
  const TensorType& left = emitter.input(0).type;
  const TensorType& result = emitter.node().output()->type;
  if (!left.shape || !result.shape || left.dtype != result.dtype) return false;
  for (const Dim& dim : *result.shape)
    if (dim.is_unknown()) return false;
  return *left.shape == *result.shape;
}

/// ATen takes a number on the right only.
std::vector<std::string> operands(Emitter& emitter) {
  return {emitter.tensor(0), emitter.tensor_or_number(1)};
}

template <bool is_commutative>
void emit_arithmetic(Emitter& emitter, std::string_view function, std::string_view on_ints) {
  if (emit_extent_arithmetic(emitter, on_ints)) return;
  if (is_commutative && emitter.input(0).is_constant() && !emitter.input(1).is_constant()) {
    return emitter.assign(call(function, {emitter.tensor(1), emitter.tensor_or_number(0)}));
  }
  std::string name(function);
  if (function == "add" && has_output_shape(emitter))
    name = emitter.in_place(function, emitter.input(0));
  emitter.assign(call(name, operands(emitter)));
}

void emit_add(Emitter& emitter) {
  emit_arithmetic<true>(emitter, "add", "add");
}
void emit_sub(Emitter& emitter) {
  emit_arithmetic<false>(emitter, "sub", "sub");
}
void emit_mul(Emitter& emitter) {
  emit_arithmetic<true>(emitter, "mul", "mul");
}

void emit_div(Emitter& emitter) {
  if (emit_extent_arithmetic(emitter, "floordiv")) return;
  std::vector<std::string> arguments = operands(emitter);
  if (is_integer(emitter)) arguments.emplace_back("rounding_mode=\"trunc\"");
  emitter.assign(call("div", arguments));
}

void emit_pow(Emitter& emitter) {
  emitter.assign(call("pow", operands(emitter)));
}

template <const char* function>
void emit_binary(Emitter& emitter) {
  emitter.assign(call(function, operands(emitter)));
}

/// Any number of operands, from the left.
template <const char* function>
void emit_fold(Emitter& emitter) {
  std::string result = emitter.tensor(0);
  const std::size_t count = emitter.node().inputs().size();
  if (count == 1) return emitter.forward_input(0);
  for (std::size_t i = 1; i < count; ++i) result = call(function, {result, emitter.tensor(i)});
  emitter.assign(result);
}

void emit_mean(Emitter& emitter) {
  std::string sum = emitter.tensor(0);
  const std::size_t count = emitter.node().inputs().size();
  for (std::size_t i = 1; i < count; ++i) sum = call("add", {sum, emitter.tensor(i)});
  emitter.assign(call("div", {sum, std::to_string(count)}));
}

template <const char* function>
void emit_unary(Emitter& emitter) {
  emitter.assign(call(function, {emitter.tensor(0)}));
}

void emit_mod(Emitter& emitter) {
  const bool is_c_like = emitter.node().get_int("fmod", 0) != 0;
  emitter.assign(call(is_c_like ? "fmod" : "remainder", operands(emitter)));
}

void emit_equal(Emitter& emitter) {
  if (emit_extent_equality(emitter)) return;
  emitter.assign(call("eq", operands(emitter)));
}

void emit_where(Emitter& emitter) {
  if (emit_extent_choice(emitter)) return;
  emitter.assign(call("where", {emitter.tensor(0), emitter.tensor(1), emitter.tensor(2)}));
}

void emit_cast(Emitter& emitter) {
  const DType dtype = emitter.node().output()->type.dtype;
  const auto values = emitter.ints(0);
  if (values && !emitter.input(0).is_constant() &&
      (dtype == DType::kInt64 || dtype == DType::kInt32)) {
    return emitter.assign_ints(*values);
  }
  emitter.assign_view(call("to", {emitter.tensor(0), std::to_string(scalar_type_of(dtype))}));
}

// Template arguments must have linkage.
constexpr char kAbs[] = "abs", kNeg[] = "neg", kExp[] = "exp", kLog[] = "log", kSqrt[] = "sqrt",
               kErf[] = "erf", kFloor[] = "floor", kCeil[] = "ceil", kRound[] = "round",
               kSign[] = "sign", kSin[] = "sin", kCos[] = "cos", kTan[] = "tan",
               kReciprocal[] = "reciprocal", kNot[] = "logical_not", kIsNan[] = "isnan",
               kGreater[] = "gt", kGreaterEqual[] = "ge", kLess[] = "lt", kLessEqual[] = "le",
               kAnd[] = "logical_and", kOr[] = "logical_or", kXor[] = "logical_xor",
               kMaximum[] = "maximum", kMinimum[] = "minimum", kAdd[] = "add";

constexpr OpMapping kMappings[] = {
    {"Add", emit_add},
    {"Sub", emit_sub},
    {"Mul", emit_mul},
    {"Div", emit_div},
    {"Pow", emit_pow},
    {"Mod", emit_mod},
    {"Max", emit_fold<kMaximum>},
    {"Min", emit_fold<kMinimum>},
    {"Sum", emit_fold<kAdd>},
    {"Mean", emit_mean},
    {"Abs", emit_unary<kAbs>},
    {"Neg", emit_unary<kNeg>},
    {"Exp", emit_unary<kExp>},
    {"Log", emit_unary<kLog>},
    {"Sqrt", emit_unary<kSqrt>},
    {"Erf", emit_unary<kErf>},
    {"Floor", emit_unary<kFloor>},
    {"Ceil", emit_unary<kCeil>},
    {"Round", emit_unary<kRound>},
    {"Sign", emit_unary<kSign>},
    {"Sin", emit_unary<kSin>},
    {"Cos", emit_unary<kCos>},
    {"Tan", emit_unary<kTan>},
    {"Reciprocal", emit_unary<kReciprocal>},
    {"Not", emit_unary<kNot>},
    {"IsNaN", emit_unary<kIsNan>},
    {"Equal", emit_equal},
    {"Greater", emit_binary<kGreater>},
    {"GreaterOrEqual", emit_binary<kGreaterEqual>},
    {"Less", emit_binary<kLess>},
    {"LessOrEqual", emit_binary<kLessEqual>},
    {"And", emit_binary<kAnd>},
    {"Or", emit_binary<kOr>},
    {"Xor", emit_binary<kXor>},
    {"Where", emit_where},
    {"Cast", emit_cast},
};

}  // namespace

std::span<const OpMapping> elementwise_mappings() {
  return kMappings;
}

}  // namespace headway::torchscript
