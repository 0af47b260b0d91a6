#include "bench/agreement.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "tensor/compare.h"

namespace headway::bench {
namespace {

std::int64_t same_top1(const Tensor& output, const Tensor& reference) {
  const std::vector<std::int64_t> mine = top1(output), theirs = top1(reference);
  return std::transform_reduce(mine.begin(), mine.end(), theirs.begin(), std::int64_t{0},
                               std::plus<>(), std::equal_to<>());
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
  const Comparison comparison = headway::compare(output.tensor, reference.tensor, 0, 0);
  const double scale = comparison.largest_expected;
  Agreement result;
  result.max_abs = comparison.max_abs;
  if (result.max_abs > 0) {
    result.max_rel = scale > 0 ? result.max_abs / scale : std::numeric_limits<double>::infinity();
  }
  result.within = result.max_abs <= tolerance.atol + tolerance.rtol * scale;
  const bool has_classes = is_floating_point(reference.tensor.dtype()) && shape.size() == 2 &&
                           shape[0] > 0 && shape[1] > 1;
  if (has_classes) {
    result.samples = shape[0];
    result.same_top1 = same_top1(output.tensor, reference.tensor);
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
