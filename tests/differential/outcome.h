#pragma once

#include <string>
#include <vector>

#include "headway/tensor.h"

namespace headway::differential {

/// What one runtime makes of a case.
struct Outcome {
  std::vector<Tensor> outputs;  ///< Only if it ran.
  std::string refusal;          ///< The runtime's sentence, if it did not.
  bool crashed = false;         ///< It took its process with it, or never answered.

  bool ran() const noexcept { return refusal.empty(); }
};

}  // namespace headway::differential
