#include "kernels/elementwise/unary.h"

#include <array>
#include <cmath>
#include <optional>

#include "backends/cpu/activation.h"
#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "ops/fused.h"

namespace headway::cpu {
namespace {

class UnaryStep final : public Step {
 public:
  UnaryStep(Unary function, std::int64_t size, const Lowering& lowering)
      : function_(function), size_(size), loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    unary({pool, loops_}, function_, size_, float_input(operands, 0), float_output(operands));
  }
  bool may_overwrite(std::size_t input) const override { return input == 0; }

 private:
  Unary function_;
  std::int64_t size_;
  const InnerLoops& loops_;
};

/// A function that libm computes, one element at a time.
class ScalarStep final : public Step {
 public:
  using Function = float (*)(float);

  ScalarStep(Function function, std::int64_t size, const Lowering& lowering)
      : function_(function), size_(size), loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    scalar_unary({pool, loops_}, function_, size_, float_input(operands, 0),
                 float_output(operands));
  }
  bool may_overwrite(std::size_t input) const override { return input == 0; }

 private:
  Function function_;
  std::int64_t size_;
  const InnerLoops& loops_;
};

ScalarStep::Function scalar_function(const Node& node) {
  constexpr std::pair<std::string_view, ScalarStep::Function> kFunctions[] = {
      {"Acosh", [](float x) { return std::acosh(x); }},
      {"Asinh", [](float x) { return std::asinh(x); }},
      {"Atanh", [](float x) { return std::atanh(x); }},
      {"Cosh", [](float x) { return std::cosh(x); }},
      {"Sinh", [](float x) { return std::sinh(x); }},
      {"Tan", [](float x) { return std::tan(x); }},
  };
  for (const auto& [name, function] : kFunctions) {
    if (node.is(name)) return function;
  }
  return nullptr;
}

std::optional<UnaryOp> plain_op(const Node& node) {
  constexpr std::array<std::pair<std::string_view, UnaryOp>, 20> kOps = {{
      {"Abs", UnaryOp::kAbs},
      {"Acos", UnaryOp::kAcos},
      {"Asin", UnaryOp::kAsin},
      {"Atan", UnaryOp::kAtan},
      {"Ceil", UnaryOp::kCeil},
      {"Cos", UnaryOp::kCos},
      {"Erf", UnaryOp::kErf},
      {"Exp", UnaryOp::kExp},
      {"Floor", UnaryOp::kFloor},
      {"Log", UnaryOp::kLog},
      {"Mish", UnaryOp::kMish},
      {"Neg", UnaryOp::kNeg},
      {"Reciprocal", UnaryOp::kReciprocal},
      {"Round", UnaryOp::kRound},
      {"Sign", UnaryOp::kSign},
      {"Sin", UnaryOp::kSin},
      {"Softplus", UnaryOp::kSoftplus},
      {"Softsign", UnaryOp::kSoftsign},
      {"Sqrt", UnaryOp::kSqrt},
      {"Tanh", UnaryOp::kTanh},
  }};
  for (const auto& [name, op] : kOps) {
    if (node.op_type() == name) return op;
  }
  return std::nullopt;
}

std::optional<Unary> function_of(const Node& node) {
  if (const auto activation = activation_of(node)) return as_unary(*activation);
  if (const auto op = plain_op(node)) return Unary{*op};
  if (node.is("Elu")) return Unary{UnaryOp::kElu, node.get_float("alpha", 1.0f)};
  if (node.is("Selu")) {
    return Unary{UnaryOp::kSelu, node.get_float("alpha", 1.67326319217681884765625f),
                 node.get_float("gamma", 1.05070102214813232421875f)};
  }
  if (node.is("Celu")) {
    const float alpha = node.get_float("alpha", 1.0f);
    return Unary{UnaryOp::kCelu, alpha, 1.0f / alpha};
  }
  if (node.is("Shrink"))
    return Unary{UnaryOp::kShrink, node.get_float("lambd", 0.5f), node.get_float("bias", 0.0f)};
  if (node.is("Swish")) return Unary{UnaryOp::kSwish, node.get_float("alpha", 1.0f)};
  if (node.is("ThresholdedRelu"))
    return Unary{UnaryOp::kThresholdedRelu, node.get_float("alpha", 1.0f)};
  return std::nullopt;
}

}  // namespace

std::unique_ptr<Step> lower_unary(const Node& node, Lowering& lowering) {
  const ScalarStep::Function scalar = scalar_function(node);
  if (scalar != nullptr && is_float(node.input(0))) {
    return std::make_unique<ScalarStep>(scalar, num_elements(shape_of(node.input(0))), lowering);
  }
  const auto function = is_float(node.input(0)) ? function_of(node) : std::nullopt;
  if (!function) return lower_typed_unary(node, lowering);
  return std::make_unique<UnaryStep>(*function, num_elements(shape_of(node.input(0))), lowering);
}

}  // namespace headway::cpu
