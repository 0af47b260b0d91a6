#include "bench/agreement.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "base/error.h"

namespace headway::bench {
namespace {

double distance(double value, double expected) {
  if (value == expected || (std::isnan(value) && std::isnan(expected))) return 0;
  const double difference = std::abs(value - expected);
  return std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
}

Agreement compare_values(std::span<const double> values, std::span<const double> expected,
                         const Tolerance& tolerance) {
  double scale = 0;
  for (const double value : expected) {
    if (std::isfinite(value)) scale = std::max(scale, std::abs(value));
  }
  Agreement result;
  for (std::size_t index = 0; index < values.size(); ++index) {
    result.max_abs = std::max(result.max_abs, distance(values[index], expected[index]));
  }
  if (result.max_abs > 0) {
    result.max_rel = scale > 0 ? result.max_abs / scale : std::numeric_limits<double>::infinity();
  }
  result.within = result.max_abs <= tolerance.atol + tolerance.rtol * scale;
  return result;
}

std::int64_t count_same_top1(std::span<const double> values, std::span<const double> expected,
                             std::size_t classes) {
  std::int64_t same = 0;
  for (std::size_t start = 0; start < values.size(); start += classes) {
    const auto mine = values.subspan(start, classes);
    const auto theirs = expected.subspan(start, classes);
    same += std::ranges::max_element(mine) - mine.begin() ==
            std::ranges::max_element(theirs) - theirs.begin();
  }
  return same;
}

Agreement disagreement(std::string problem) {
  Agreement result;
  result.within = false;
  result.problem = std::move(problem);
  return result;
}

Agreement compare_tensors(const NamedTensor& output, const NamedTensor& reference,
                          const Tolerance& tolerance) {
  const Shape& shape = reference.tensor.shape();
  if (output.tensor.shape() != shape) {
    return disagreement(concat("output '", reference.name, "' has shape ",
                               to_string(output.tensor.shape()), ", the reference ",
                               to_string(shape)));
  }
  const Tensor mine = output.tensor.to(DType::kFloat64);
  const Tensor theirs = reference.tensor.to(DType::kFloat64);
  Agreement result = compare_values(mine.values<double>(), theirs.values<double>(), tolerance);
  const bool has_classes = is_floating_point(reference.tensor.dtype()) && shape.size() == 2 &&
                           shape[0] > 0 && shape[1] > 1;
  if (has_classes) {
    result.samples = shape[0];
    result.same_top1 = count_same_top1(mine.values<double>(), theirs.values<double>(),
                                       static_cast<std::size_t>(shape[1]));
  }
  return result;
}

}  // namespace

Agreement merge(const Agreement& first, const Agreement& second) {
  Agreement result = first;
  result.within = first.within && second.within;
  result.max_abs = std::max(first.max_abs, second.max_abs);
  result.max_rel = std::max(first.max_rel, second.max_rel);
  result.samples += second.samples;
  result.same_top1 += second.same_top1;
  if (result.problem.empty()) result.problem = second.problem;
  return result;
}

Agreement compare(const std::vector<NamedTensor>& outputs,
                  const std::vector<NamedTensor>& reference, const Tolerance& tolerance) {
  if (outputs.size() != reference.size()) {
    return disagreement(
        concat("it returns ", outputs.size(), " outputs, the reference ", reference.size()));
  }
  Agreement result;
  for (std::size_t index = 0; index < outputs.size(); ++index) {
    result = merge(result, compare_tensors(outputs[index], reference[index], tolerance));
  }
  return result;
}

}  // namespace headway::bench
