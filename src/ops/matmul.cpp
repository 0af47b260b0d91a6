#include "ops/broadcast.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/matmul_reference.h"
#include "ops/matmul_rules.h"
#include "ops/rules.h"
#include "ops/strided.h"

namespace headway {
namespace {

constexpr DTypes kMatMulTypes = {DType::kFloat32,  DType::kFloat64, DType::kFloat16,
                                 DType::kBFloat16, DType::kInt32,   DType::kUInt32,
                                 DType::kInt64,    DType::kUInt64};

[[noreturn]] void refuse(const Node& node, const std::string& a, const std::string& b) {
  fail(ErrorCode::kInvalidModel, node.described(), ": the matrices ", a, " and ", b,
       " cannot be multiplied: their inner extents differ");
}

void infer_matmul(InferContext& context) {
  context.set_output(0, infer_matmul_type(context));
}

void run_matmul(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const MatMulShapes shapes = matmul_shapes(node, inputs[0].shape(), inputs[1].shape());
  dispatch_numbers(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    multiply_matrices(shapes, inputs[0].data<T>(), inputs[1].data<T>(), outputs[0].data<T>(),
                      [](auto sum, std::int64_t) { return sum; });
  });
}

void infer_gemm(InferContext& context) {
  context.set_output(0, infer_gemm_type(context));
}

void run_gemm(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const GemmShapes shapes = gemm_shapes(node, inputs[0].shape(), inputs[1].shape());
  dispatch_numbers(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const Tensor addend = inputs.size() > 2 ? inputs[2] : Tensor();
    multiply_gemm<T>(shapes, inputs[0], inputs[1], addend, outputs[0],
                     [](auto value) { return value; });
  });
}

bool swaps_b(const Node& node) {
  return node.get_int("transB", 0) != 0;
}

/// Scaling integers by fractions has no agreed rounding.
void require_unscaled(const InferContext& context) {
  for (const char* factor : {"alpha", "beta"}) {
    const float value = context.node().get_float(factor, 1.0f);
    if (value != 1.0f)
      context.fail(factor, " = ", value, ", but integers can only be multiplied unscaled");
  }
}

}  // namespace

MatMulShapes matmul_shapes(const Node& node, const Shape& a, const Shape& b) {
  if (a.empty() || b.empty()) refuse(node, to_string(a), to_string(b));
  MatMulShapes result;
  Shape left = a, right = b;
  if (a.size() == 1) left.insert(left.begin(), 1);
  if (b.size() == 1) right.push_back(1);
  result.transpose_b = swaps_b(node);
  if (result.transpose_b && b.size() > 1) std::swap(right.back(), right[right.size() - 2]);
  result.m = left[left.size() - 2];
  result.k = left.back();
  result.n = right.back();
  if (right[right.size() - 2] != result.k) refuse(node, to_string(a), to_string(b));
  left.resize(left.size() - 2);
  right.resize(right.size() - 2);
  const std::size_t rank = std::max(left.size(), right.size());
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::int64_t l = axis + left.size() < rank ? 1 : left[axis + left.size() - rank];
    const std::int64_t r = axis + right.size() < rank ? 1 : right[axis + right.size() - rank];
    if (l != r && l != 1 && r != 1) {
      fail(ErrorCode::kInvalidModel, node.described(), ": the batch axes of ", to_string(a),
           " and ", to_string(b), " cannot be broadcast to each other");
    }
    result.batch.push_back(l == 1 ? r : l);
  }
  result.a_strides = broadcast_strides(left, result.batch);
  result.b_strides = broadcast_strides(right, result.batch);
  for (std::int64_t& stride : result.a_strides) stride *= result.m * result.k;
  for (std::int64_t& stride : result.b_strides) stride *= result.k * result.n;
  result.output = result.batch;
  if (a.size() > 1) result.output.push_back(result.m);
  if (b.size() > 1) result.output.push_back(result.n);
  return result;
}

TensorType infer_matmul_type(InferContext& context) {
  require_dtype(context, 0, kMatMulTypes);
  require_min_rank(context, 0, 1);
  require_min_rank(context, 1, 1);
  const TensorType& a = context.input(0);
  const TensorType& b = context.input(1);
  if (a.dtype != b.dtype) context.fail("its inputs have different dtypes");
  if (!a.shape || !b.shape) return {a.dtype, std::nullopt};
  return {a.dtype, matmul_shape(context, *a.shape, *b.shape)};
}

SymbolicShape matmul_shape(const InferContext& context, SymbolicShape left, SymbolicShape right) {
  if (swaps_b(context.node()) && right.size() > 1) std::swap(right.back(), right[right.size() - 2]);
  const Dim inner = left.back();
  const Dim other = right[right.size() - std::min<std::size_t>(right.size(), 2)];
  if (inner.is_static() && other.is_static() && inner != other) {
    refuse(context.node(), to_string(left), to_string(right));
  }
  std::optional<Dim> rows, columns;
  if (left.size() > 1) rows = left[left.size() - 2];
  if (right.size() > 1) columns = right.back();
  left.resize(left.size() - std::min<std::size_t>(left.size(), 2));
  right.resize(right.size() - std::min<std::size_t>(right.size(), 2));
  SymbolicShape result = broadcast(context, left, right);
  if (rows) result.push_back(*rows);
  if (columns) result.push_back(*columns);
  return result;
}

GemmShapes gemm_shapes(const Node& node, const Shape& a, const Shape& b) {
  GemmShapes result;
  result.transpose_a = node.get_int("transA", 0) != 0;
  result.transpose_b = node.get_int("transB", 0) != 0;
  result.alpha = node.get_float("alpha", 1.0f);
  result.beta = node.get_float("beta", 1.0f);
  if (a.size() != 2 || b.size() != 2) refuse(node, to_string(a), to_string(b));
  result.m = a[result.transpose_a ? 1 : 0];
  result.k = a[result.transpose_a ? 0 : 1];
  result.n = b[result.transpose_b ? 0 : 1];
  if (b[result.transpose_b ? 1 : 0] != result.k) refuse(node, to_string(a), to_string(b));
  return result;
}

TensorType infer_gemm_type(InferContext& context) {
  require_dtype(context, 0, kMatMulTypes);
  require_same_dtypes(context);
  require_rank(context, 0, 2);
  require_rank(context, 1, 2);
  const TensorType& a = context.input(0);
  const TensorType& b = context.input(1);
  if (!is_floating_point(a.dtype)) require_unscaled(context);
  SymbolicShape result(2);
  const bool transpose_a = context.node().get_int("transA", 0) != 0;
  const bool transpose_b = context.node().get_int("transB", 0) != 0;
  if (a.shape) result[0] = (*a.shape)[transpose_a ? 1 : 0];
  if (b.shape) result[1] = (*b.shape)[transpose_b ? 0 : 1];
  if (a.shape && b.shape) {
    const Dim& inner = (*a.shape)[transpose_a ? 0 : 1];
    const Dim& other = (*b.shape)[transpose_b ? 1 : 0];
    if (inner.is_static() && other.is_static() && inner != other) {
      refuse(context.node(), a.to_string(), b.to_string());
    }
  }
  if (context.has_input(2) && context.input(2).shape) {
    const SymbolicShape both = broadcast(context, result, *context.input(2).shape);
    const auto outgrows = [&](std::size_t axis) {
      return result[axis] == Dim(1) && both[axis].is_static() && both[axis] != Dim(1);
    };
    const bool grows = both.size() > 2 || outgrows(0) || outgrows(1);
    if (grows) {
      context.fail("the addend ", context.input(2).to_string(), " is larger than the product ",
                   to_string(result));
    }
  }
  return {a.dtype, result};
}

std::vector<Operator> matmul_operators() {
  return {
      {"Gemm",
       "",
       13,
       2,
       3,
       1,
       1,
       {{"alpha", AttributeKind::kFloat},
        {"beta", AttributeKind::kFloat},
        {"transA", AttributeKind::kInt},
        {"transB", AttributeKind::kInt}},
       infer_gemm,
       run_gemm},
      {"MatMul", "", 13, 2, 2, 1, 1, {}, infer_matmul, run_matmul},
  };
}

}  // namespace headway
