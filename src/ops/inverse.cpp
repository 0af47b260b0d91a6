#include <cmath>
#include <limits>

#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"

namespace headway {
namespace {

void infer_inverse(InferContext& context) {
  require_min_rank(context, 0, 2);
  const TensorType& x = context.input(0);
  if (x.shape) {
    const Dim &rows = (*x.shape)[x.shape->size() - 2], &columns = x.shape->back();
    if (rows.is_static() && columns.is_static() && rows != columns)
      context.fail("input 0 is ", x.to_string(), ", which does not hold square matrices");
  }
  same_as_float_input(context);
}

/// Gauss-Jordan elimination with partial pivoting; the inverse takes the matrix's place. A singular
/// matrix has no finite inverse.
void invert(std::vector<double>& a, std::size_t n) {
  std::vector<double> b(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) b[i * n + i] = 1.0;
  for (std::size_t column = 0; column < n; ++column) {
    std::size_t pivot = column;
    for (std::size_t row = column + 1; row < n; ++row)
      if (std::abs(a[row * n + column]) > std::abs(a[pivot * n + column])) pivot = row;
    for (std::size_t i = 0; i < n; ++i) {
      std::swap(a[pivot * n + i], a[column * n + i]);
      std::swap(b[pivot * n + i], b[column * n + i]);
    }
    const double divisor = a[column * n + column];
    for (std::size_t i = 0; i < n; ++i) {
      a[column * n + i] /= divisor;
      b[column * n + i] /= divisor;
    }
    for (std::size_t row = 0; row < n; ++row) {
      const double factor = a[row * n + column];
      if (row == column || factor == 0.0) continue;
      for (std::size_t i = 0; i < n; ++i) {
        a[row * n + i] -= factor * a[column * n + i];
        b[row * n + i] -= factor * b[column * n + i];
      }
    }
  }
  a = std::move(b);
}

void run_inverse(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const auto n = static_cast<std::size_t>(inputs[0].shape().back());
  if (inputs[0].size() == 0) return;
  dispatch_floats(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* x = inputs[0].data<T>();
    T* y = outputs[0].data<T>();
    const T* end = x + inputs[0].size();
    std::vector<double> matrix(n * n);
    while (x != end) {
      for (double& element : matrix) element = load(*x++);
      invert(matrix, n);
      for (const double element : matrix) *y++ = store<T>(element);
    }
  });
}

}  // namespace

std::vector<Operator> inverse_operators() {
  return {{"Inverse", "com.microsoft", 1, 1, 1, 1, 1, {}, infer_inverse, run_inverse}};
}

}  // namespace headway
