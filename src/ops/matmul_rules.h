#pragma once

#include "ops/operator.h"

namespace headway {

/// Two operands of MatMul (numpy's rules) brought to batched matrices:
/// [batch…, m, k] · [batch…, k, n] -> output shape.
struct MatMulShapes {
  std::int64_t m = 1, n = 1, k = 1;
  bool transpose_b = false;    ///< B is stored as [batch…, n, k] (FusedMatMul's transB).
  Shape batch;                 ///< Broadcast batch axes.
  Shape a_strides, b_strides;  ///< Elements per step along each batch axis; 0 where repeated.
  Shape output;                ///< As the operator returns it (vectors lose their 1).
};

/// Throws Error(kInvalidModel) naming the node if the shapes do not fit.
MatMulShapes matmul_shapes(const Node& node, const Shape& a, const Shape& b);

/// What Gemm's attributes and shapes determine: C[m,n] = alpha · op(A) · op(B) + beta · C.
struct GemmShapes {
  std::int64_t m = 0, n = 0, k = 0;
  bool transpose_a = false, transpose_b = false;
  float alpha = 1.0f, beta = 1.0f;
};

/// Throws Error(kInvalidModel) naming the node if the shapes do not fit.
GemmShapes gemm_shapes(const Node& node, const Shape& a, const Shape& b);

/// The shape rules, also those of FusedMatMul and FusedGemm. They return the output type.
TensorType infer_matmul_type(InferContext& context);

/// The shape of the product of two shapes of rank 1 or more. Throws Error(kInvalidModel) naming the
/// node.
SymbolicShape matmul_shape(const InferContext& context, SymbolicShape left, SymbolicShape right);
TensorType infer_gemm_type(InferContext& context);

}  // namespace headway
