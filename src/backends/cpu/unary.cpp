#include "kernels/elementwise/unary.h"

#include <array>
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

std::optional<UnaryOp> plain_op(const Node& node) {
  constexpr std::array<std::pair<std::string_view, UnaryOp>, 15> kOps = {{
      {"Abs", UnaryOp::kAbs},
      {"Ceil", UnaryOp::kCeil},
      {"Erf", UnaryOp::kErf},
      {"Exp", UnaryOp::kExp},
      {"Floor", UnaryOp::kFloor},
      {"Log", UnaryOp::kLog},
      {"Mish", UnaryOp::kMish},
      {"Neg", UnaryOp::kNeg},
      {"Reciprocal", UnaryOp::kReciprocal},
      {"Round", UnaryOp::kRound},
      {"Sign", UnaryOp::kSign},
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
  if (node.is("Swish") && node.get_float("alpha", 1.0f) == 1.0f) return Unary{UnaryOp::kSilu};
  return std::nullopt;
}

}  // namespace

std::unique_ptr<Step> lower_unary(const Node& node, Lowering& lowering) {
  const auto function = is_float(node.input(0)) ? function_of(node) : std::nullopt;
  if (!function) return lower_typed_unary(node, lowering);
  return std::make_unique<UnaryStep>(*function, num_elements(shape_of(node.input(0))), lowering);
}

}  // namespace headway::cpu
