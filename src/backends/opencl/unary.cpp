#include "backends/opencl/activation.h"
#include "backends/opencl/lowering.h"
#include "backends/opencl/operands.h"
#include "ops/fused.h"

namespace headway::opencl {
namespace {

class ActivationStep final : public Step {
 public:
  ActivationStep(const Node& node, const Activation& activation)
      : count_(elements_of(node.output())), activation_(as_arguments(activation)) {}

  void record(Commands& commands, const Operands& operands) const override {
    commands.launch({"unary.cl", "unary_activation"}, work_for(count_), operands.inputs[0],
                    operands.outputs[0], count_, activation_.kind, activation_.a, activation_.b);
  }
  bool may_overwrite(std::size_t) const override { return true; }

 private:
  cl_int count_;
  ActivationArguments activation_;
};

}  // namespace

std::unique_ptr<Step> lower_unary(const Node& node, Lowering&) {
  if (!is_float(node.input(0))) return nullptr;
  const auto activation = activation_of(node);
  return activation ? std::make_unique<ActivationStep>(node, *activation) : nullptr;
}

}  // namespace headway::opencl
