#include <algorithm>
#include <utility>

#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"

namespace headway {
namespace {

void infer_det(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  require_min_rank(context, 0, 2);
  TensorType type = context.input(0);
  if (type.shape) {
    SymbolicShape& shape = *type.shape;
    const Dim &rows = shape[shape.size() - 2], &columns = shape.back();
    if (rows.is_static() && columns.is_static() && rows != columns) {
      context.fail("its input ", type.to_string(), " does not hold square matrices");
    }
    shape.resize(shape.size() - 2);
  }
  context.set_output(0, type);
}

/// Gaussian elimination with partial pivoting; destroys the matrix.
double determinant(std::vector<double>& a, std::size_t n) {
  double result = 1.0;
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k + 1; i < n; ++i) {
      if (std::abs(a[i * n + k]) > std::abs(a[pivot * n + k])) pivot = i;
    }
    if (a[pivot * n + k] == 0.0) return 0.0;
    if (pivot != k) {
      result = -result;
      for (std::size_t j = k; j < n; ++j) std::swap(a[pivot * n + j], a[k * n + j]);
    }
    result *= a[k * n + k];
    for (std::size_t i = k + 1; i < n; ++i) {
      const double factor = a[i * n + k] / a[k * n + k];
      for (std::size_t j = k; j < n; ++j) a[i * n + j] -= factor * a[k * n + j];
    }
  }
  return result;
}

void run_det(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const auto n = static_cast<std::size_t>(inputs[0].shape().back());
  std::vector<double> matrix(n * n);
  dispatch_floats(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* x = inputs[0].data<T>();
    for (T& y : outputs[0].values<T>()) {
      for (double& element : matrix) element = load(*x++);
      y = store<T>(determinant(matrix, n));
    }
  });
}

}  // namespace

std::vector<Operator> det_operators() {
  return {{"Det", "", 11, 1, 1, 1, 1, {}, infer_det, run_det}};
}

}  // namespace headway
