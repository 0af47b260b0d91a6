#include "tensor/compare.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "base/error.h"

namespace headway {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

void check_shapes(const Tensor& actual, const Tensor& expected) {
  if (actual.shape() == expected.shape()) return;
  fail(ErrorCode::kInvalidArgument, "cannot compare a tensor of shape ", to_string(actual.shape()),
       " with one of shape ", to_string(expected.shape()));
}

/// The absolute difference; infinite where NaN or an infinity stands on one side only.
double difference(double actual, double expected) {
  if (actual == expected || (std::isnan(actual) && std::isnan(expected))) return 0;
  const double error = std::fabs(actual - expected);
  return std::isnan(error) ? kInfinity : error;
}

double largest_finite_magnitude(std::span<const double> values) {
  double largest = 0;
  for (const double value : values)
    if (std::isfinite(value)) largest = std::max(largest, std::fabs(value));
  return largest;
}

/// Strings are equal or differ without measure.
Comparison compare_strings(const Tensor& actual, const Tensor& expected) {
  Comparison result;
  result.size = actual.size();
  const auto a = actual.values<std::string>(), e = expected.values<std::string>();
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == e[i]) continue;
    if (result.mismatches++ == 0) result.worst_index = static_cast<std::int64_t>(i);
    result.max_abs = result.max_rel = kInfinity;
  }
  return result;
}

}  // namespace

Comparison compare(const Tensor& actual, const Tensor& expected, double atol, double rtol) {
  check_shapes(actual, expected);
  if (actual.dtype() == DType::kString && expected.dtype() == DType::kString)
    return compare_strings(actual, expected);
  const Tensor wide_actual = actual.to(DType::kFloat64);
  const Tensor wide_expected = expected.to(DType::kFloat64);
  const auto a = wide_actual.values<double>();
  const auto e = wide_expected.values<double>();

  Comparison result;
  result.size = actual.size();
  result.largest_expected = largest_finite_magnitude(e);
  const double floor = result.largest_expected / 1000;
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double error = difference(a[i], e[i]);
    if (error == 0) continue;
    const double magnitude = std::isfinite(e[i]) ? std::fabs(e[i]) : 0;
    const double scale = std::max(magnitude, floor);
    result.max_abs = std::max(result.max_abs, error);
    result.max_rel = std::max(result.max_rel, scale > 0 ? error / scale : kInfinity);
    const double excess = error - (atol + rtol * magnitude);
    if (!(excess > 0)) continue;
    ++result.mismatches;
    if (excess > worst) {
      worst = excess;
      result.worst_index = static_cast<std::int64_t>(i);
    }
  }
  return result;
}

std::vector<std::int64_t> top1(const Tensor& tensor) {
  if (tensor.rank() == 0 || tensor.size() == 0) return {};
  const Tensor wide = tensor.to(DType::kFloat64);
  const double* row = wide.data<double>();
  const std::int64_t classes = tensor.dim(tensor.rank() - 1);
  std::vector<std::int64_t> best(static_cast<std::size_t>(tensor.size() / classes), 0);
  for (std::int64_t& index : best) {
    for (std::int64_t i = 1; i < classes; ++i)
      if (row[i] > row[index] || (std::isnan(row[index]) && !std::isnan(row[i]))) index = i;
    row += classes;
  }
  return best;
}

}  // namespace headway
