#include "kernels/elementwise/binary.h"

#include <array>
#include <optional>

#include "backends/cpu/activation.h"
#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "ops/broadcast.h"

namespace headway::cpu {
namespace {

class BinaryStep final : public Step {
 public:
  BinaryStep(BinaryOp op, const Shape& a, const Shape& b, const Shape& output, Unary activation,
             const Lowering& lowering)
      : op_(op),
        extents_(output),
        a_strides_(broadcast_strides(a, output)),
        b_strides_(broadcast_strides(b, output)),
        activation_(activation),
        loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    binary({pool, loops_}, op_, extents_, float_input(operands, 0), a_strides_,
           float_input(operands, 1), b_strides_, activation_, float_output(operands));
  }
  /// An input of the output's size is not broadcast.
  bool may_overwrite(std::size_t /*input*/) const override { return true; }

 private:
  BinaryOp op_;
  Shape extents_, a_strides_, b_strides_;
  Unary activation_;
  const InnerLoops& loops_;
};

std::optional<BinaryOp> binary_op(const Node& node) {
  constexpr std::array<std::pair<std::string_view, BinaryOp>, 9> kOps = {{
      {"Add", BinaryOp::kAdd},
      {"Div", BinaryOp::kDiv},
      {"Max", BinaryOp::kMax},
      {"Min", BinaryOp::kMin},
      {"Mul", BinaryOp::kMul},
      {"Pow", BinaryOp::kPow},
      {"Sub", BinaryOp::kSub},
      {"Sum", BinaryOp::kAdd},
      {"FusedAdd", BinaryOp::kAdd},
  }};
  for (const auto& [name, op] : kOps) {
    if (node.op_type() == name) return op;
  }
  return std::nullopt;
}

}  // namespace

std::unique_ptr<Step> lower_binary(const Node& node, Lowering& lowering) {
  const auto op = binary_op(node);
  const bool is_typed = node.inputs().size() != 2 || !is_float(node.input(0));
  if (is_typed) return lower_typed_binary(node, lowering);
  if (!op) return nullptr;
  if (!is_float(node.input(1))) return lower_typed_binary(node, lowering);
  const Shape output = shape_of(node.output());
  if (output.size() > kMaxRank) return nullptr;
  return std::make_unique<BinaryStep>(*op, shape_of(node.input(0)), shape_of(node.input(1)), output,
                                      fused_function(node), lowering);
}

}  // namespace headway::cpu
