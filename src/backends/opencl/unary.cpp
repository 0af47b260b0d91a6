#include "backends/opencl/unary.h"

#include "backends/opencl/lowering.h"
#include "backends/opencl/operands.h"
#include "ops/fused.h"

namespace headway::opencl {
namespace {

enum UnaryKind : cl_int {
  kAbs = 100,
  kAcos,
  kAcosh,
  kAsin,
  kAsinh,
  kAtan,
  kAtanh,
  kCeil,
  kCos,
  kCosh,
  kErf,
  kExp,
  kFloor,
  kLog,
  kMish,
  kNeg,
  kReciprocal,
  kRound,
  kSign,
  kSin,
  kSinh,
  kSoftplus,
  kSoftsign,
  kSqrt,
  kTan,
  kTanh,
  kElu,
  kSelu,
  kShrink,
  kSwish,
  kThresholdedRelu,
  kLinear,
};

std::optional<UnaryKind> plain_kind(const Node& node) {
  constexpr std::pair<std::string_view, UnaryKind> kNames[] = {
      {"Abs", kAbs},           {"Acos", kAcos},         {"Acosh", kAcosh},
      {"Asin", kAsin},         {"Asinh", kAsinh},       {"Atan", kAtan},
      {"Atanh", kAtanh},       {"Ceil", kCeil},         {"Cos", kCos},
      {"Cosh", kCosh},         {"Erf", kErf},           {"Exp", kExp},
      {"Floor", kFloor},       {"Log", kLog},           {"Mish", kMish},
      {"Neg", kNeg},           {"Round", kRound},       {"Reciprocal", kReciprocal},
      {"Sign", kSign},         {"Sin", kSin},           {"Sinh", kSinh},
      {"Softplus", kSoftplus}, {"Softsign", kSoftsign}, {"Sqrt", kSqrt},
      {"Tan", kTan},           {"Tanh", kTanh},
  };
  for (const auto& [name, kind] : kNames) {
    if (node.is(name)) return kind;
  }
  return std::nullopt;
}

class UnaryStep final : public Step {
 public:
  UnaryStep(const Node& node, const ActivationArguments& function)
      : count_(elements_of(node.output())), function_(function) {}

  void record(Commands& commands, const Operands& operands) const override {
    commands.launch({"unary.cl", "unary"}, work_for(count_), operands.inputs[0],
                    operands.outputs[0], count_, function_.kind, function_.a, function_.b);
  }
  bool may_overwrite(std::size_t input) const override { return input == 0; }

 private:
  cl_int count_;
  ActivationArguments function_;
};

}  // namespace

ActivationArguments linear_function(float a, float b) {
  return {kLinear, a, b};
}

std::optional<ActivationArguments> unary_function(const Node& node) {
  if (const auto activation = activation_of(node)) return as_arguments(*activation);
  if (const auto kind = plain_kind(node)) return ActivationArguments{*kind};
  const float alpha = node.get_float("alpha", 1.0F);
  if (node.is("Elu")) return ActivationArguments{kElu, alpha, 1.0F};
  if (node.is("Celu")) return ActivationArguments{kElu, alpha, 1.0F / alpha};
  if (node.is("Selu")) {
    return ActivationArguments{kSelu, node.get_float("alpha", 1.67326319217681884765625F),
                               node.get_float("gamma", 1.05070102214813232421875F)};
  }
  if (node.is("Shrink")) {
    return ActivationArguments{kShrink, node.get_float("lambd", 0.5F),
                               node.get_float("bias", 0.0F)};
  }
  if (node.is("Swish")) return ActivationArguments{kSwish, alpha};
  if (node.is("ThresholdedRelu")) return ActivationArguments{kThresholdedRelu, alpha};
  return std::nullopt;
}

std::unique_ptr<Step> lower_unary(const Node& node, Lowering& lowering) {
  const auto function = is_float(node.input(0)) ? unary_function(node) : std::nullopt;
  if (!function) return lower_typed_unary(node, lowering);
  return std::make_unique<UnaryStep>(node, *function);
}

}  // namespace headway::opencl
