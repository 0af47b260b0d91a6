#include "kernels/softmax/softmax.h"

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "ops/rules.h"

namespace headway::cpu {
namespace {

class SoftmaxStep final : public Step {
 public:
  SoftmaxStep(const Node& node, const AxisExtents& extents, const Lowering& lowering)
      : logarithm_(node.is("LogSoftmax")),
        is_float_(is_float(node.input(0))),
        extents_(extents),
        loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    const auto [outer, axis, inner] = extents_;
    if (is_float_) {
      softmax({pool, loops_}, logarithm_, outer, axis, inner, float_input(operands, 0),
              float_output(operands));
    } else {
      softmax({pool, loops_}, logarithm_, outer, axis, inner,
              static_cast<const double*>(operands.inputs[0]),
              static_cast<double*>(operands.outputs[0]));
    }
  }
  bool may_overwrite(std::size_t input) const override { return input == 0; }

 private:
  bool logarithm_, is_float_;
  AxisExtents extents_;
  const InnerLoops& loops_;
};

}  // namespace

std::unique_ptr<Step> lower_softmax(const Node& node, Lowering& lowering) {
  const DType dtype = node.input(0)->type.dtype;
  if (dtype != DType::kFloat32 && dtype != DType::kFloat64) return nullptr;
  const Shape shape = shape_of(node.input(0));
  const std::size_t axis = resolve_axis(node, node.get_int("axis", -1), shape.size());
  return std::make_unique<SoftmaxStep>(node, around(shape, axis, axis + 1), lowering);
}

}  // namespace headway::cpu
