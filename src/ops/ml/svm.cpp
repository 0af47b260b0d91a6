#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "ops/families.h"
#include "ops/ml/attributes.h"
#include "ops/rules.h"

namespace headway {
namespace {

[[noreturn]] void refuse(const Node& node) {
  fail(ErrorCode::kInvalidModel, node.described(),
       ": its attributes do not describe support vectors");
}

enum class KernelType { kLinear, kPoly, kRbf, kSigmoid };

/// Support vectors, one after the other, and what compares them with a sample.
struct SupportVectors {
  KernelType type = KernelType::kLinear;
  double gamma = 0.0, offset = 0.0, degree = 0.0;
  std::vector<double> values;
  std::size_t count = 0, features = 0;

  double compare(std::size_t index, const double* x) const {
    const double* vector = values.data() + index * features;
    if (type == KernelType::kRbf) {
      double distance = 0.0;
      for (std::size_t i = 0; i < features; ++i)
        distance += (x[i] - vector[i]) * (x[i] - vector[i]);
      return std::exp(-gamma * distance);
    }
    const double product = std::inner_product(vector, vector + features, x, 0.0);
    if (type == KernelType::kLinear) return product;
    const double scaled = gamma * product + offset;
    return type == KernelType::kPoly ? std::pow(scaled, degree) : std::tanh(scaled);
  }

  std::vector<double> compare_all(const double* x) const {
    std::vector<double> result(count);
    for (std::size_t i = 0; i < count; ++i) result[i] = compare(i, x);
    return result;
  }
};

SupportVectors read_vectors(const Node& node, std::size_t count, const Samples& samples) {
  static const std::map<std::string, KernelType> kTypes = {{"LINEAR", KernelType::kLinear},
                                                           {"POLY", KernelType::kPoly},
                                                           {"RBF", KernelType::kRbf},
                                                           {"SIGMOID", KernelType::kSigmoid}};
  const auto type = kTypes.find(node.get_string("kernel_type", "LINEAR"));
  if (type == kTypes.end()) refuse(node);
  SupportVectors vectors{.type = type->second, .values = doubles_of(node, "support_vectors")};
  const std::vector<double> parameters = doubles_of(node, "kernel_params");
  if (parameters.size() == 3) {
    vectors.gamma = parameters[0];
    vectors.offset = parameters[1];
    vectors.degree = parameters[2];
  } else if (!parameters.empty() || vectors.type != KernelType::kLinear) {
    refuse(node);
  }
  vectors.features = static_cast<std::size_t>(samples.features);
  vectors.count = count;
  if (vectors.values.size() / std::max<std::size_t>(vectors.features, 1) < count) refuse(node);
  return vectors;
}

void infer_regressor(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  infer_scores(context, 0, DType::kFloat32, 1);
}

void run_regressor(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const Samples samples(inputs[0]);
  const std::vector<double> coefficients = doubles_of(node, "coefficients");
  const std::vector<double> rho = doubles_of(node, "rho");
  const std::int64_t supports = node.get_int("n_supports", 0);
  if (supports < 0 || rho.empty()) refuse(node);
  const SupportVectors vectors = read_vectors(node, static_cast<std::size_t>(supports), samples);
  const std::size_t terms = supports > 0 ? vectors.count : vectors.features;
  if (coefficients.size() < terms) refuse(node);
  const PostTransform transform = post_transform_of(node);
  const bool one_class = node.get_int("one_class", 0) != 0;
  for (std::int64_t row = 0; row < samples.rows; ++row) {
    const double* x = samples.row(row);
    const std::vector<double> compared =
        supports > 0 ? vectors.compare_all(x) : std::vector<double>(x, x + terms);
    double y = std::inner_product(compared.begin(), compared.end(), coefficients.begin(), rho[0]);
    if (one_class) y = y > 0.0 ? 1.0 : -1.0;
    transform_scores(transform, {&y, 1});
    outputs[0].data<float>()[row] = static_cast<float>(y);
  }
}

/// Classes told apart in pairs (i, j), i < j, in that order.
struct PairwiseSvm {
  SupportVectors vectors;
  std::vector<std::size_t> sizes, starts;  ///< Of each class's support vectors.
  std::vector<double> coefficients, rho, prob_a, prob_b;

  std::size_t classes() const { return sizes.size(); }
  std::size_t pairs() const { return classes() * (classes() - 1) / 2; }

  /// One decision for each pair: positive for class i.
  std::vector<double> decide(const double* x) const {
    const std::vector<double> compared = vectors.compare_all(x);
    std::vector<double> decisions;
    for (std::size_t i = 0; i < classes(); ++i) {
      for (std::size_t j = i + 1; j < classes(); ++j) {
        double sum = rho[decisions.size()];
        const auto add = [&](std::size_t own, std::size_t row) {
          const double* weights = coefficients.data() + row * vectors.count + starts[own];
          const double* similar = compared.data() + starts[own];
          sum += std::inner_product(similar, similar + sizes[own], weights, 0.0);
        };
        add(i, j - 1);
        add(j, i);
        decisions.push_back(sum);
      }
    }
    return decisions;
  }

  std::size_t winner(std::span<const double> decisions) const {
    std::vector<int> votes(classes(), 0);
    auto decision = decisions.begin();
    for (std::size_t i = 0; i < classes(); ++i)
      for (std::size_t j = i + 1; j < classes(); ++j) ++votes[*decision++ > 0.0 ? i : j];
    return static_cast<std::size_t>(std::ranges::max_element(votes) - votes.begin());
  }
};

PairwiseSvm read_pairwise(const Node& node, const Samples& samples) {
  PairwiseSvm svm;
  std::size_t count = 0;
  for (const std::int64_t size : node.get_ints("vectors_per_class", {})) {
    if (size < 0 || size > std::int64_t{1} << 32) refuse(node);
    svm.starts.push_back(count);
    svm.sizes.push_back(static_cast<std::size_t>(size));
    count += svm.sizes.back();
  }
  svm.vectors = read_vectors(node, count, samples);
  svm.coefficients = doubles_of(node, "coefficients");
  svm.rho = doubles_of(node, "rho");
  svm.prob_a = doubles_of(node, "prob_a");
  svm.prob_b = doubles_of(node, "prob_b");
  const bool has_all = svm.coefficients.size() >= (svm.classes() - 1) * count &&
                       svm.rho.size() >= svm.pairs() && svm.prob_a.size() == svm.prob_b.size() &&
                       (svm.prob_a.empty() || svm.prob_a.size() >= svm.pairs());
  if (!has_all) refuse(node);
  return svm;
}

/// Probabilities of classes from those of pairs: Wu, Lin and Weng, "Probability Estimates for
/// Multi-class Classification by Pairwise Coupling" (2004), algorithm 2. `r[i·k + j]` is that of
/// class i against class j.
std::vector<double> couple(std::span<const double> r, std::size_t k) {
  std::vector<double> q(k * k, 0.0), qp(k), p(k, 1.0 / static_cast<double>(k));
  for (std::size_t t = 0; t < k; ++t) {
    for (std::size_t j = 0; j < k; ++j) {
      if (j == t) continue;
      q[t * k + t] += r[j * k + t] * r[j * k + t];
      q[t * k + j] = -r[j * k + t] * r[t * k + j];
    }
  }
  const double tolerance = 0.005 / static_cast<double>(k);
  for (int iteration = 0; iteration < 100; ++iteration) {
    double pqp = 0.0, error = 0.0;
    for (std::size_t t = 0; t < k; ++t) {
      qp[t] = std::inner_product(p.begin(), p.end(), q.begin() + static_cast<long>(t * k), 0.0);
      pqp += p[t] * qp[t];
    }
    for (const double x : qp) error = std::max(error, std::abs(x - pqp));
    if (error < tolerance) break;
    for (std::size_t t = 0; t < k; ++t) {
      const double diagonal = q[t * k + t], step = (pqp - qp[t]) / diagonal, norm = 1.0 + step;
      p[t] += step;
      pqp = (pqp + step * (step * diagonal + 2.0 * qp[t])) / (norm * norm);
      for (std::size_t j = 0; j < k; ++j) {
        qp[j] = (qp[j] + step * q[t * k + j]) / norm;
        p[j] /= norm;
      }
    }
  }
  return p;
}

std::vector<double> probabilities(const PairwiseSvm& svm, std::span<const double> decisions) {
  const std::size_t k = svm.classes();
  std::vector<double> r(k * k, 0.0);
  std::size_t pair = 0;
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = i + 1; j < k; ++j, ++pair) {
      const double p = 1.0 - logistic(decisions[pair] * svm.prob_a[pair] + svm.prob_b[pair]);
      r[i * k + j] = std::clamp(p, 1e-7, 1.0 - 1e-7);
      r[j * k + i] = 1.0 - r[i * k + j];
    }
  }
  return couple(r, k);
}

/// The number of scores: one for each class, or for each pair of more than two.
std::size_t score_count(const Node& node) {
  const std::size_t classes = node.get_ints("vectors_per_class", {}).size();
  if (classes == 0) return ClassLabels(node, "classlabels_ints").size();
  const bool of_pairs = node.get_floats("prob_a", {}).empty() && classes > 2;
  return of_pairs ? classes * (classes - 1) / 2 : classes;
}

void infer_classifier(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  const ClassLabels labels(context.node(), "classlabels_ints");
  infer_scores(context, 1, DType::kFloat32, static_cast<std::int64_t>(score_count(context.node())));
  infer_labels(context, labels);
}

struct Decision {
  std::size_t label;
  std::vector<double> scores;
};

Decision decide(const PairwiseSvm& svm, PostTransform transform, const double* x) {
  std::vector<double> scores = svm.decide(x);
  const std::size_t label = svm.winner(scores);
  if (!svm.prob_a.empty()) {
    scores = probabilities(svm, scores);
  } else if (scores.size() == 1) {
    // As ONNX Runtime has it: a margin for two classes, and its complement if it is transformed.
    scores.insert(scores.begin(), transform == PostTransform::kNone ? -scores[0] : 1.0 - scores[0]);
    return {label, scores};
  }
  transform_scores(transform, scores);
  return {label, scores};
}

/// Without support vectors, each class has a row of coefficients.
Decision decide_linearly(const Node& node, PostTransform transform, const Samples& samples,
                         std::int64_t row, std::size_t classes) {
  const std::vector<double> weights = doubles_of(node, "coefficients");
  const std::vector<double> rho = doubles_of(node, "rho");
  const auto features = static_cast<std::size_t>(samples.features);
  if (weights.size() < classes * features || rho.empty()) refuse(node);
  std::vector<double> scores;
  for (std::size_t c = 0; c < classes; ++c) {
    const double* x = samples.row(row);
    scores.push_back(std::inner_product(x, x + features, weights.data() + c * features, rho[0]));
  }
  const auto label = std::ranges::max_element(scores) - scores.begin();
  transform_scores(transform, scores);
  return {static_cast<std::size_t>(label), scores};
}

void run_classifier(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const ClassLabels labels(node, "classlabels_ints");
  const Samples samples(inputs[0]);
  const PostTransform transform = post_transform_of(node);
  const std::size_t classes = node.get_ints("vectors_per_class", {}).size();
  if (classes > labels.size() || classes == 1) refuse(node);
  const PairwiseSvm svm = classes == 0 ? PairwiseSvm{} : read_pairwise(node, samples);
  const auto columns = static_cast<std::int64_t>(score_count(node));
  for (std::int64_t row = 0; row < samples.rows; ++row) {
    const Decision decision = classes == 0
                                  ? decide_linearly(node, transform, samples, row, labels.size())
                                  : decide(svm, transform, samples.row(row));
    if (outputs[0].defined()) labels.write(decision.label, outputs[0], row);
    if (outputs.size() > 1 && outputs[1].defined())
      std::ranges::copy(decision.scores, outputs[1].data<float>() + row * columns);
  }
}

}  // namespace

std::vector<Operator> ml_svm_operators() {
  using enum AttributeKind;
  return {{"SVMClassifier",
           kMlDomain,
           1,
           1,
           1,
           1,
           2,
           {{"classlabels_ints", kInts},
            {"classlabels_strings", kStrings},
            {"coefficients", kFloats},
            {"kernel_params", kFloats},
            {"kernel_type", kString},
            {"post_transform", kString},
            {"prob_a", kFloats},
            {"prob_b", kFloats},
            {"rho", kFloats},
            {"support_vectors", kFloats},
            {"vectors_per_class", kInts}},
           infer_classifier,
           run_classifier},
          {"SVMRegressor",
           kMlDomain,
           1,
           1,
           1,
           1,
           1,
           {{"coefficients", kFloats},
            {"kernel_params", kFloats},
            {"kernel_type", kString},
            {"n_supports", kInt},
            {"one_class", kInt},
            {"post_transform", kString},
            {"rho", kFloats},
            {"support_vectors", kFloats}},
           infer_regressor,
           run_regressor}};
}

}  // namespace headway
