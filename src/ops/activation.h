#pragma once

#include <string_view>

#include "graph/graph.h"

namespace headway {

/// The function at the end of a fused operator.
enum class ActivationKind {
  kNone,
  kRelu,
  kClip,  ///< min(max(x, min), max)
  kSigmoid,
  kHardSigmoid,  ///< max(0, min(1, alpha · x + beta))
  kHardSwish,    ///< x · max(0, min(1, x / 6 + 1/2))
  kSilu,         ///< x · sigmoid(x)
  kLeakyRelu,    ///< x < 0 ? alpha · x : x
  kGelu,         ///< x / 2 · (1 + erf(x / √2))
  kGeluTanh,     ///< x / 2 · (1 + tanh(√(2 / π) · (x + 0.044715 · x³)))
};

struct Activation {
  ActivationKind kind = ActivationKind::kNone;
  float min = 0.0f, max = 0.0f;     ///< Of kClip.
  float alpha = 0.0f, beta = 0.0f;  ///< Of kHardSigmoid and kLeakyRelu.

  double operator()(double x) const noexcept;

  friend bool operator==(const Activation&, const Activation&) = default;
};

}  // namespace headway
