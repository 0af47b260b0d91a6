#include "kernels/movement/blocked.h"

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "kernels/inner_loops.h"

namespace headway::cpu {
namespace {

using Reorder = void (*)(const KernelContext& context, std::int64_t batch, std::int64_t channels,
                         std::int64_t pixels, const float* input, float* output) noexcept;

class ReorderStep final : public Step {
 public:
  ReorderStep(const Shape& plain, Reorder reorder, const InnerLoops& loops)
      : batch_(plain[0]),
        channels_(plain[1]),
        pixels_(plain[2] * plain[3]),
        reorder_(reorder),
        loops_(loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    reorder_({pool, loops_}, batch_, channels_, pixels_, float_input(operands, 0),
             float_output(operands));
  }

 private:
  std::int64_t batch_, channels_, pixels_;
  Reorder reorder_;
  const InnerLoops& loops_;
};

}  // namespace

std::unique_ptr<Step> lower_block_channels(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0)) || shape_of(node.output()).back() != lowering.loops.width) {
    return nullptr;
  }
  return std::make_unique<ReorderStep>(shape_of(node.input(0)), block_channels, lowering.loops);
}

std::unique_ptr<Step> lower_unblock_channels(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0)) || shape_of(node.input(0)).back() != lowering.loops.width) {
    return nullptr;
  }
  return std::make_unique<ReorderStep>(shape_of(node.output()), unblock_channels, lowering.loops);
}

}  // namespace headway::cpu
