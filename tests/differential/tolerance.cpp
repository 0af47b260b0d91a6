#include "tolerance.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/random.h"
#include "errors.h"

namespace headway::differential {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr int kRuns = 12;
constexpr int kSmallerRuns = 16;  // Ever smaller ones: large movements overshoot the edges of a
                                  // function's domain.
constexpr double kMargin = 4;     // What the runs show is not yet the worst.

/// Which values implementations may differ in at all, and how each node adds to that.
struct Plan {
  std::vector<bool> uncertain;
  std::vector<bool> decided;  ///< By comparing numbers that are not certain.
  std::vector<double> whole;
  std::vector<Errors> errors;
};

bool is_half(DType dtype) {
  return dtype == DType::kFloat16 || dtype == DType::kBFloat16;
}

/// In graphs 16-bit numbers may be kept wider between nodes, and a fused graph may reorder sums and
/// products.
Plan plan_of(const Case& wanted, bool fused) {
  Plan plan{std::vector<bool>(wanted.values.size(), false),
            std::vector<bool>(wanted.values.size(), false),
            std::vector<double>(wanted.values.size(), 0.0),
            {}};
  const bool several = wanted.nodes.size() > 1;
  for (const CaseNode& node : wanted.nodes) {
    bool uncertain = false, decided = false, half = false;
    for (const ValueId id : node.inputs) {
      if (id == kOmitted) continue;
      uncertain = uncertain || plan.uncertain[static_cast<std::size_t>(id)];
      decided = decided || plan.decided[static_cast<std::size_t>(id)];
    }
    decided = decided || (uncertain && decides(node));
    for (const ValueId id : node.outputs)
      half = half || (id != kOmitted && is_half(wanted.values[static_cast<std::size_t>(id)].dtype));
    Errors errors = errors_of(node);
    if ((rounds_once(node) && (uncertain || (fused && several))) || (half && several))
      errors.units = std::max(errors.units, 2.0);
    uncertain = uncertain || !errors.none();
    plan.errors.push_back(errors);
    for (const ValueId id : node.outputs) {
      if (id == kOmitted) continue;
      plan.uncertain[static_cast<std::size_t>(id)] = uncertain;
      plan.decided[static_cast<std::size_t>(id)] = decided;
      plan.whole[static_cast<std::size_t>(id)] = errors.whole;
    }
  }
  return plan;
}

double largest_of(const Tensor& tensor) {
  double largest = 0;
  for (const double element : tensor.values<double>())
    if (std::isfinite(element)) largest = std::max(largest, std::abs(element));
  return largest;
}

Tensor moved_by_one(const Tensor& tensor, const Errors& errors, Random& random) {
  if (errors.whole == 0) return tensor;
  Tensor result = tensor.to(DType::kFloat64).clone();
  for (double& element : result.values<double>()) element += random.below(2) == 0 ? 1 : -1;
  return result.to(tensor.dtype());
}

/// `size`: of the movements, 1 for the largest.
Tensor moved(const Tensor& tensor, const Errors& errors, double size, Random& random) {
  if (!tensor.defined() || errors.none()) return tensor;
  if (!is_floating_point(tensor.dtype())) return moved_by_one(tensor, errors, random);
  Tensor result = tensor.to(DType::kFloat64).clone();
  const double unit = unit_of(tensor.dtype());
  const double absolute = errors.absolute + errors.of_largest * unit * largest_of(result);
  for (double& element : result.values<double>()) {
    const double direction = size * (2 * random.uniform() - 1);
    const double error = std::abs(element) * errors.units * unit + absolute;
    // What may vanish sometimes does, which decides what it is as a truth value.
    const bool vanishes = std::abs(element) <= error && random.below(4) == 0;
    element = vanishes ? 0 : element + direction * error;
  }
  return result.to(tensor.dtype());
}

Case perturbed(const Case& wanted, const Plan& plan, double size, Random& random) {
  Case result = wanted;
  const auto value = [&](ValueId id) -> CaseValue& {
    return result.values[static_cast<std::size_t>(id)];
  };
  for (std::size_t n = 0; n < result.nodes.size(); ++n) {
    const CaseNode& node = result.nodes[n];
    std::vector<Tensor> inputs;
    for (const ValueId id : node.inputs) {
      const Tensor given = id == kOmitted ? Tensor() : value(id).tensor;
      // Some numbers say which shape comes out.
      const bool shapes = node.op_type == "Range" || (node.op_type == "Resize" && !inputs.empty());
      const bool movable = given.defined() && is_floating_point(given.dtype()) && !shapes;
      inputs.push_back(movable ? moved(given, {plan.errors[n].units}, size, random) : given);
    }
    const std::vector<Tensor> outputs = evaluate(node, inputs);
    Errors errors = plan.errors[n];
    if (errors.of_read != 0)
      errors.absolute +=
          errors.of_read * unit_of(inputs[0].dtype()) * largest_of(inputs[0].to(DType::kFloat64));
    for (std::size_t i = 0; i < node.outputs.size(); ++i)
      if (node.outputs[i] != kOmitted)
        value(node.outputs[i]).tensor = moved(outputs[i], errors, size, random);
  }
  return result;
}

/// Raises `slack` where `moved` lies further from `plain`.
void raise(Tensor& slack, const Tensor& plain, const Tensor& moved) {
  if (plain.shape() != moved.shape()) {
    std::ranges::fill(slack.values<double>(), kInfinite);
    return;
  }
  const Tensor a = plain.to(DType::kFloat64), b = moved.to(DType::kFloat64);
  for (std::int64_t i = 0; i < slack.size(); ++i) {
    const double x = a.data<double>()[i], y = b.data<double>()[i];
    if (x == y || (std::isnan(x) && std::isnan(y))) continue;
    const double distance = kMargin * std::abs(x - y);
    double& most = slack.data<double>()[i];
    most = std::isnan(distance) ? kInfinite : std::max(most, distance);
  }
}

/// The last rounding of numbers that are not certain.
Tensor rounding_of(const Tensor& tensor, bool uncertain, double whole) {
  Tensor slack = Tensor::zeros(DType::kFloat64, tensor.shape());
  if (!is_floating_point(tensor.dtype())) std::ranges::fill(slack.values<double>(), whole);
  if (!uncertain || !is_floating_point(tensor.dtype())) return slack;
  const Tensor elements = tensor.to(DType::kFloat64);
  for (std::int64_t i = 0; i < slack.size(); ++i) {
    const double element = std::abs(elements.data<double>()[i]);
    if (std::isfinite(element)) slack.data<double>()[i] = 4 * unit_of(tensor.dtype()) * element;
  }
  return slack;
}

}  // namespace

std::vector<Tensor> slack_of(const Case& wanted, bool fused) {
  const Plan plan = plan_of(wanted, fused);
  const auto output = [&](const Case& computed, std::size_t i) -> const Tensor& {
    return computed.values[static_cast<std::size_t>(wanted.outputs[i])].tensor;
  };
  std::vector<Tensor> slack;
  for (std::size_t i = 0; i < wanted.outputs.size(); ++i) {
    const auto id = static_cast<std::size_t>(wanted.outputs[i]);
    slack.push_back(rounding_of(output(wanted, i), plan.uncertain[id], plan.whole[id]));
  }
  Random random(wanted.seed);
  for (int run = 0; run < kRuns + kSmallerRuns; ++run) {
    const double size = std::ldexp(1.0, std::min(0, (kRuns - run) / 2));
    Case other;
    try {
      other = perturbed(wanted, plan, size, random);
    } catch (
        const Error&) {  // Numbers decide about a shape, and another does not fit what follows.
      for (Tensor& tensor : slack) std::ranges::fill(tensor.values<double>(), kInfinite);
      return slack;
    }
    for (std::size_t i = 0; i < slack.size(); ++i)
      raise(slack[i], output(wanted, i), output(other, i));
  }
  for (std::size_t i = 0; i < slack.size(); ++i) {
    const std::span<double> elements = slack[i].values<double>();
    const bool moved = std::ranges::any_of(elements, [](double element) { return element > 0; });
    if (moved && plan.decided[static_cast<std::size_t>(wanted.outputs[i])])
      std::ranges::fill(elements, kInfinite);
  }
  return slack;
}

}  // namespace headway::differential
