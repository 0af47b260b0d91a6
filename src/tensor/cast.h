#pragma once

#include "headway/tensor.h"

namespace headway {

/// What ONNX's Cast lets its caller choose.
struct CastRules {
  bool saturate = true;
  RoundMode mode = RoundMode::kUp;
};

/// A converted copy. Integers that are too large for an integer type lose their high bits;
/// floating-point numbers are cut towards zero and kept within an integer's range, and NaN becomes
/// 0; narrow integers keep the low bits of the number without its fraction. Strings are numbers in
/// decimal notation. Throws Error(kInvalidArgument) for a string that is no number.
Tensor cast(const Tensor& tensor, DType dtype, const CastRules& rules = {});

}  // namespace headway
