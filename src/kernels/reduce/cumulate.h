#pragma once

#include "kernels/reduce/order.h"

namespace headway {

struct Cumulation {
  bool product = false;    ///< And not a sum.
  bool exclusive = false;  ///< Each total leaves its own element out.
  bool reverse = false;    ///< From the end of each line.
};

/// ONNX CumSum and CumProd. Floating-point totals are kept in double; integers wrap around.
template <typename T>
void cumulate(const KernelContext& context, const LineExtents& lines, const Cumulation& cumulation,
              const T* input, T* output) noexcept;

}  // namespace headway
