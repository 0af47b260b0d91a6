#include <algorithm>
#include <array>
#include <cmath>

#include "families.h"

namespace headway::differential {
namespace {

void plain(Builder& b) {
  const std::string op = b.pick({"Exp",        "Sigmoid", "Tanh",  "Softplus", "Softsign", "Erf",
                                 "HardSwish",  "Mish",    "Sin",   "Cos",      "Tan",      "Atan",
                                 "Sinh",       "Cosh",    "Asinh", "Floor",    "Ceil",     "Round",
                                 "Reciprocal", "Sqrt",    "Log",   "IsNaN",    "Identity"});
  const bool to_bool = op == "IsNaN";
  const ValueId x = b.value(floats(), 0, 5);
  b.node(op, {x}, {}, {to_bool ? DType::kBool : b.dtype_of(x)});
}

void bounded(Builder& b) {
  b.node(b.pick({"Acos", "Asin", "Atanh"}), {b.value(floats(), 0, 4, Fill::kUnit)});
}

void positive(Builder& b) {
  b.node(b.pick({"Acosh", "Log", "Sqrt"}), {b.value(floats(), 0, 4, Fill::kPositive)});
}

void numeric(Builder& b) {
  b.node(b.pick({"Abs", "Sign"}), {b.value(numbers())});
}

void negate_or_rectify(Builder& b) {
  const DTypeList dtypes = {DType::kFloat32, DType::kFloat32, DType::kFloat64,
                            DType::kFloat16, DType::kInt8,    DType::kInt32};
  b.node(b.pick({"Neg", "Relu"}), {b.value(dtypes)});
}

void with_alpha(Builder& b) {
  const std::string op = b.pick({"LeakyRelu", "Elu", "Celu", "ThresholdedRelu", "Selu", "Swish"});
  Attributes attributes;
  if (b.chance(60)) attributes["alpha"] = b.pick(std::vector<float>{0.1F, 0.5F, 1.0F, 1.7F});
  if (op == "Selu" && b.chance(50)) attributes["gamma"] = 1.3F;
  b.node(op, {b.value(op == "Celu" ? float32_only() : single())}, attributes);
}

void gelu(Builder& b) {
  Attributes attributes;
  if (b.chance(60)) attributes["approximate"] = b.pick({"none", "tanh"});
  b.node("Gelu", {b.value(single())}, attributes);
}

void hard_sigmoid(Builder& b) {
  Attributes attributes;
  if (b.chance(50)) attributes["alpha"] = b.pick(std::vector<float>{0.1F, 1.0F / 6, 0.5F});
  if (b.chance(50)) attributes["beta"] = b.pick(std::vector<float>{0.0F, 0.3F, 0.5F});
  b.node("HardSigmoid", {b.value(single())}, attributes);
}

void shrink(Builder& b) {
  Attributes attributes;
  if (b.chance(60)) attributes["lambd"] = b.pick(std::vector<float>{0.0F, 0.5F, 1.5F});
  if (b.chance(60)) attributes["bias"] = b.pick(std::vector<float>{0.0F, 0.5F, 1.0F});
  b.node("Shrink", {b.value(wide_numbers())}, attributes);
}

void clip(Builder& b) {
  const ValueId x = b.value(numbers());
  const DType dtype = b.dtype_of(x);
  const ValueId low =
      b.chance(70) ? b.scalar(dtype, static_cast<double>(b.between(0, 2))) : kOmitted;
  const ValueId high =
      b.chance(70) ? b.scalar(dtype, static_cast<double>(b.between(0, 5))) : kOmitted;
  b.node("Clip", {x, low, high});
}

void is_inf(Builder& b) {
  Attributes attributes;
  if (b.chance(50)) attributes["detect_negative"] = b.between(0, 1);
  if (b.chance(50)) attributes["detect_positive"] = b.between(0, 1);
  b.node("IsInf", {b.value({DType::kFloat32, DType::kFloat64}, 0, 4, Fill::kSpecial)}, attributes,
         {DType::kBool});
}

void logical_not(Builder& b) {
  b.node("Not", {b.value({DType::kBool})});
}

void bitwise_not(Builder& b) {
  b.node("BitwiseNot", {b.value(integers())});
}

/// Between types in which the number exists: out of its range the result is undefined.
void cast(Builder& b) {
  constexpr std::array kNumbers = {1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 16};
  const std::int64_t to = kNumbers[b.random().below(kNumbers.size())];
  DTypeList from = anything();
  if (b.chance(10)) from = {DType::kBFloat16};
  b.forbid_special();
  ValueId x = b.value(from, 0, 4, Fill::kPositive);
  const Tensor elements = b.tensor(x).to(DType::kFloat64);
  if (std::ranges::any_of(elements.values<double>(), [](double e) { return !(std::abs(e) < 100); }))
    return;
  if (std::ranges::any_of(elements.values<double>(), [](double e) { return e < 0; }))
    x = b.node("Abs", {x});
  b.node("Cast", {x}, {{"to", to}});
}

constexpr auto kGenerators = std::to_array<void (*)(Builder&)>(
    {plain, plain, plain, bounded, positive, numeric, negate_or_rectify, with_alpha, gelu,
     hard_sigmoid, shrink, clip, is_inf, logical_not, bitwise_not, cast});

}  // namespace

Family unary_family() {
  return {"unary", kGenerators};
}

}  // namespace headway::differential
