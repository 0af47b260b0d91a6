#include "kernels/attention/attention.h"

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "ops/attention.h"

namespace headway::cpu {
namespace {

AttentionOperand operand_of(const AttentionStrides& strides) {
  return {strides.offset, strides.batch, strides.head, strides.token, strides.element};
}

AttentionShape shape_of(const AttentionLayout& layout) {
  return {layout.batch,
          layout.heads,
          layout.queries,
          layout.keys,
          layout.head_size,
          layout.value_size,
          layout.scale,
          operand_of(layout.q),
          operand_of(layout.k),
          operand_of(layout.v),
          operand_of(layout.mask),
          operand_of(layout.y)};
}

class AttentionStep final : public Step {
 public:
  AttentionStep(const Node& node, Lowering& lowering)
      : kernel_(shape_of(attention_layout(node)), lowering.tiles, lowering.threads),
        loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    kernel_.run({pool, loops_}, float_input(operands, 0), float_input(operands, 1),
                float_input(operands, 2), float_input(operands, 3), float_output(operands),
                operands.scratch);
  }
  std::size_t scratch_bytes() const override { return kernel_.scratch_bytes(); }
  std::string algorithm() const override { return "online softmax"; }

 private:
  Attention kernel_;
  const InnerLoops& loops_;
};

}  // namespace

std::unique_ptr<Step> lower_attention(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0))) return nullptr;
  return std::make_unique<AttentionStep>(node, lowering);
}

}  // namespace headway::cpu
