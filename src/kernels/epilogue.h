#pragma once

#include "kernels/elementwise/function.h"

namespace headway {

/// What happens to a result before it is stored: activation(result + bias + residual).
struct Epilogue {
  const float* bias = nullptr;      ///< One per output channel (conv) or column (gemm), or none.
  const float* residual = nullptr;  ///< Shaped and laid out like the output, or none; may be the
                                    ///< output itself.
  Unary activation;
  /// The greatest of every 2 × 2 pixels are stored only, of a convolution that can
  /// (BlockedConv::can_pool).
  bool max_pool = false;
};

/// What an epilogue will consist of, known when a kernel is planned.
struct EpilogueKind {
  bool bias = false;
  bool residual = false;
  Unary activation;
};

}  // namespace headway
