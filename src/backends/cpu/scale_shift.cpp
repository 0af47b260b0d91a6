#include "kernels/elementwise/scale_shift.h"

#include "backends/cpu/activation.h"
#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "kernels/inner_loops.h"

namespace headway::cpu {
namespace {

/// A ScaleShift of a blocked tensor by one factor and addend per channel.
class ScaleShiftStep final : public Step {
 public:
  ScaleShiftStep(const Shape& x, Unary activation, const InnerLoops& loops)
      : planes_(x[0] * x[1]),
        blocks_(x[1]),
        pixels_(x[2] * x[3]),
        activation_(activation),
        loops_(loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    const ChannelScale scale{.planes = planes_,
                             .blocks = blocks_,
                             .pixels = pixels_,
                             .scale = float_input(operands, 1),
                             .shift = float_input(operands, 2),
                             .activation = activation_};
    scale_channels({pool, loops_}, scale, float_input(operands, 0), float_output(operands));
  }
  bool may_overwrite(std::size_t input) const override { return input == 0; }

 private:
  std::int64_t planes_, blocks_, pixels_;
  Unary activation_;
  const InnerLoops& loops_;
};

}  // namespace

std::unique_ptr<Step> lower_scale_shift_blocks(const Node& node, Lowering& lowering) {
  const Shape x = shape_of(node.input(0));
  if (!is_float(node.input(0)) || x.size() != 5 || x[4] != lowering.loops.width) return nullptr;
  const Shape lanes = {1, x[1], 1, 1, x[4]};
  if (shape_of(node.input(1)) != lanes || shape_of(node.input(2)) != lanes) return nullptr;
  return std::make_unique<ScaleShiftStep>(x, fused_function(node), lowering.loops);
}

}  // namespace headway::cpu
