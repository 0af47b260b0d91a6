#include "kernels/softmax/softmax.h"

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "ops/rules.h"

namespace headway::cpu {
namespace {

class SoftmaxStep final : public Step {
 public:
  SoftmaxStep(bool logarithm, const AxisExtents& extents, const Lowering& lowering)
      : logarithm_(logarithm), extents_(extents), loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    softmax({pool, loops_}, logarithm_, extents_.outer, extents_.axis, extents_.inner,
            float_input(operands, 0), float_output(operands));
  }
  bool may_overwrite(std::size_t input) const override { return input == 0; }

 private:
  bool logarithm_;
  AxisExtents extents_;
  const InnerLoops& loops_;
};

}  // namespace

std::unique_ptr<Step> lower_softmax(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0))) return nullptr;
  const Shape shape = shape_of(node.input(0));
  const std::size_t axis = resolve_axis(node, node.get_int("axis", -1), shape.size());
  return std::make_unique<SoftmaxStep>(node.is("LogSoftmax"), around(shape, axis, axis + 1),
                                       lowering);
}

}  // namespace headway::cpu
