#include "backends/cpu/activation.h"

#include "ops/fused.h"

namespace headway::cpu {

Unary as_unary(const Activation& activation) {
  switch (activation.kind) {
    case ActivationKind::kNone:
      return {UnaryOp::kIdentity};
    case ActivationKind::kRelu:
      return {UnaryOp::kRelu};
    case ActivationKind::kClip:
      return {UnaryOp::kClip, activation.min, activation.max};
    case ActivationKind::kSigmoid:
      return {UnaryOp::kSigmoid};
    case ActivationKind::kHardSigmoid:
      return {UnaryOp::kHardSigmoid, activation.alpha, activation.beta};
    case ActivationKind::kHardSwish:
      return {UnaryOp::kHardSwish};
    case ActivationKind::kSilu:
      return {UnaryOp::kSilu};
    case ActivationKind::kLeakyRelu:
      return {UnaryOp::kLeakyRelu, activation.alpha};
    case ActivationKind::kGelu:
      return {UnaryOp::kGelu};
    case ActivationKind::kGeluTanh:
      return {UnaryOp::kGeluTanh};
  }
  return {};
}

Unary fused_function(const Node& node) {
  return node.domain().empty() ? Unary{} : as_unary(fused_activation(node));
}

}  // namespace headway::cpu
