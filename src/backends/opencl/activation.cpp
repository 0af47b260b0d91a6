#include "backends/opencl/activation.h"

#include "ops/fused.h"

namespace headway::opencl {

static_assert(static_cast<int>(ActivationKind::kRelu) == 1 &&
                  static_cast<int>(ActivationKind::kGeluTanh) == 9,
              "common.cl knows activations by these numbers");

ActivationArguments as_arguments(const Activation& activation) {
  const bool is_clip = activation.kind == ActivationKind::kClip;
  return {static_cast<cl_int>(activation.kind), is_clip ? activation.min : activation.alpha,
          is_clip ? activation.max : activation.beta};
}

ActivationArguments fused_function(const Node& node) {
  return node.domain().empty() ? ActivationArguments{} : as_arguments(fused_activation(node));
}

}  // namespace headway::opencl
