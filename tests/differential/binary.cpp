#include <algorithm>
#include <array>
#include <cmath>

#include "families.h"

namespace headway::differential {
namespace {

/// Two operands that broadcast to one shape, in either order.
std::vector<ValueId> operands(Builder& b, const DTypeList& dtypes, Fill second) {
  const ValueId x = b.value(dtypes, 0, 5);
  const Shape shape = b.broadcastable(b.shape_of(x));
  const ValueId y = b.operand(b.dtype_of(x), shape, second);
  if (b.chance(30)) return {y, x};
  return {x, y};
}

DTypeList arithmetic_types() {
  DTypeList dtypes = wide_numbers();
  for (const DType dtype : {DType::kInt8, DType::kUInt8, DType::kUInt32, DType::kUInt64})
    if (dtype != DType::kInt8) dtypes.push_back(dtype);
  return dtypes;
}

void arithmetic(Builder& b) {
  b.node(b.pick({"Add", "Sub", "Mul"}), operands(b, arithmetic_types(), b.fill()));
}

void divide(Builder& b) {
  const ValueId x = b.value(wide_numbers(), 0, 5);
  const Shape shape = b.broadcastable(b.shape_of(x));
  b.node(
      "Div",
      {x, b.input_or_constant(random_tensor(b.dtype_of(x), shape, Fill::kPositive, b.random()))});
}

void power(Builder& b) {
  const DTypeList dtypes = {DType::kFloat32, DType::kFloat32, DType::kFloat64, DType::kInt32,
                            DType::kInt64};
  b.forbid_special();
  const ValueId x = b.value(dtypes, 0, 4, Fill::kPositive);
  const Tensor elements = b.tensor(x).to(DType::kFloat64);
  const auto is_large = [](double element) { return !(std::abs(element) < 1000); };
  if (std::ranges::any_of(elements.values<double>(), is_large))
    return;  // Integers must not overflow.
  const Shape shape = b.broadcastable(b.shape_of(x));
  Tensor y = random_integers(DType::kInt32, shape, 0, 3, b.random());
  b.node("Pow", {x, b.input_or_constant(y.to(b.pick(dtypes)))});
}

void compare(Builder& b) {
  const std::string op = b.pick({"Less", "Greater", "LessOrEqual", "GreaterOrEqual", "Equal"});
  DTypeList dtypes = wide_numbers();
  if (op == "Equal") dtypes.push_back(DType::kBool);
  b.node(op, operands(b, dtypes, b.chance(60) ? Fill::kGrid : b.fill()), {}, {DType::kBool});
}

void logical(Builder& b) {
  b.node(b.pick({"And", "Or", "Xor"}), operands(b, {DType::kBool}, Fill::kPlain));
}

void bitwise(Builder& b) {
  b.node(b.pick({"BitwiseAnd", "BitwiseOr", "BitwiseXor"}), operands(b, integers(), b.fill()));
}

void shift(Builder& b) {
  const DTypeList dtypes = {DType::kUInt8, DType::kUInt32, DType::kUInt64};
  const ValueId x = b.value(dtypes, 0, 4);
  const Shape shape = b.broadcastable(b.shape_of(x));
  const Tensor y = random_integers(b.dtype_of(x), shape, 0, 7, b.random());
  b.node("BitShift", {x, b.input_or_constant(y)}, {{"direction", b.pick({"LEFT", "RIGHT"})}});
}

void modulo(Builder& b) {
  const ValueId x = b.value(numbers(), 0, 4);
  const Shape shape = b.broadcastable(b.shape_of(x));
  const Tensor y = random_tensor(b.dtype_of(x), shape, Fill::kPositive, b.random());
  Attributes attributes;
  if (is_floating_point(b.dtype_of(x)) || b.chance(40)) attributes["fmod"] = std::int64_t{1};
  b.node("Mod", {x, b.input_or_constant(y)}, attributes);
}

void several(Builder& b) {
  const std::string op = b.pick({"Max", "Min", "Sum", "Mean"});
  const bool extremum = op == "Max" || op == "Min";
  const ValueId x = b.value(extremum ? wide_numbers() : floats(), 0, 4);
  std::vector<ValueId> inputs = {x};
  for (std::int64_t more = b.between(0, 3); more > 0; --more)
    inputs.push_back(b.operand(b.dtype_of(x), b.broadcastable(b.shape_of(x))));
  b.node(op, inputs);
}

void where(Builder& b) {
  const DTypeList dtypes = {DType::kFloat32, DType::kFloat64, DType::kInt32, DType::kInt64,
                            DType::kUInt8};
  const ValueId x = b.value(dtypes, 0, 5);
  const ValueId y = b.operand(b.dtype_of(x), b.broadcastable(b.shape_of(x)));
  const ValueId condition = b.operand(DType::kBool, b.broadcastable(b.shape_of(x)), Fill::kPlain);
  b.node("Where", {condition, x, y}, {}, {b.dtype_of(x)});
}

/// The slope broadcasts to x, never the other way round.
void p_relu(Builder& b) {
  const ValueId x = b.value(floats(), 1, 5);
  b.node("PRelu", {x, b.operand(b.dtype_of(x), b.broadcastable(b.shape_of(x)))});
}

/// Elementwise operators one after the other, some with constants that passes may fold.
void chain(Builder& b) {
  ValueId x = b.value(floats(), 1, 4, Fill::kPlain);
  for (std::int64_t more = b.between(2, 6); more > 0; --more) {
    if (b.chance(40)) {
      x = b.node(b.pick({"Relu", "Sigmoid", "Tanh", "Neg", "Abs", "Identity"}), {x});
    } else {
      const ValueId y = b.operand(b.dtype_of(x), b.broadcastable(b.shape_of(x)), Fill::kPositive);
      x = b.node(b.pick({"Add", "Sub", "Mul", "Div", "Max", "Min"}), {x, y});
    }
  }
}

constexpr auto kGenerators =
    std::to_array<void (*)(Builder&)>({arithmetic, arithmetic, divide, power, compare, logical,
                                       bitwise, shift, modulo, several, where, p_relu, chain});

}  // namespace

Family binary_family() {
  return {"binary", kGenerators};
}

}  // namespace headway::differential
