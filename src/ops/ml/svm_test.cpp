#include <cmath>

#include "ops/ml/attributes.h"
#include "ops/op_testing.h"

namespace headway {
namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

std::vector<Tensor> run_svm(const char* op_type, const Tensor& x, Attributes attributes,
                            std::size_t outputs = 1) {
  return run_all(op_type, {x}, std::move(attributes), outputs, kMlDomain);
}

/// Three classes on a line, at 0, 2 and 5, with one support vector each. Between two of them, the
/// closer one decides.
Attributes three_classes() {
  return {{"classlabels_ints", Ints{10, 20, 30}},
          {"kernel_type", std::string("RBF")},
          {"kernel_params", Floats{0.25f, 0, 0}},
          {"vectors_per_class", Ints{1, 1, 1}},
          {"support_vectors", Floats{0, 2, 5}},
          {"coefficients", Floats{1, -1, -1, 1, 1, -1}},
          {"rho", Floats{0, 0, 0}}};
}

float near(float x, float center) {
  return std::exp(-0.25f * (x - center) * (x - center));
}

TEST(Svm, PairsVoteForAClass) {
  const Tensor x = Tensor::from<float>({4, 1}, {-1, 1.5f, 2.5f, 6});
  const auto y = run_svm("SVMClassifier", x, three_classes(), 2);
  EXPECT_EQ(to_ints(y[0]), (Ints{10, 20, 20, 30}));
  Floats decisions;
  for (const float at : x.values<float>()) {
    const float a = near(at, 0), b = near(at, 2), c = near(at, 5);
    decisions.insert(decisions.end(), {a - b, a - c, b - c});
  }
  expect_near(y[1], Tensor::from<float>({4, 3}, decisions), 1e-6);
}

TEST(Svm, ProbabilitiesOfPairsAreCoupled) {
  Attributes attributes = three_classes();
  attributes["prob_a"] = Floats{-4, -4, -4};
  attributes["prob_b"] = Floats{0, 0, 0};
  const auto y = run_svm("SVMClassifier", Tensor::from<float>({2, 1}, {0, 5}), attributes, 2);
  const auto p = y[1].values<float>();
  for (const std::size_t row : {0U, 1U}) {
    EXPECT_NEAR(p[row * 3] + p[row * 3 + 1] + p[row * 3 + 2], 1.0f, 1e-5f);
    EXPECT_EQ(std::max_element(p.begin() + row * 3, p.begin() + row * 3 + 3) - p.begin(),
              row == 0 ? 0 : 5);
  }
}

TEST(Svm, TwoClassesHaveAMarginEach) {
  Attributes attributes = {{"classlabels_strings", std::vector<std::string>{"no", "yes"}},
                           {"kernel_type", std::string("LINEAR")},
                           {"vectors_per_class", Ints{1, 1}},
                           {"support_vectors", Floats{1, 0, 0, 1}},
                           {"coefficients", Floats{1, -2}},
                           {"rho", Floats{0.5f}}};
  const auto y = run_svm("SVMClassifier", Tensor::from<float>({2, 2}, {3, 1, 0, 1}), attributes, 2);
  EXPECT_EQ(y[0].values<std::string>()[0], "no");
  EXPECT_EQ(y[0].values<std::string>()[1], "yes");
  expect_near(y[1], Tensor::from<float>({2, 2}, {-1.5f, 1.5f, 1.5f, -1.5f}), 1e-6);
}

TEST(Svm, RegressesAndTellsOneClassFromTheRest) {
  Attributes attributes = {
      {"kernel_type", std::string("POLY")}, {"kernel_params", Floats{0.5f, 1, 2}},
      {"n_supports", std::int64_t{2}},      {"support_vectors", Floats{2, 4}},
      {"coefficients", Floats{1, -0.5f}},   {"rho", Floats{0.25f}}};
  const Tensor x = Tensor::from<float>({2, 1}, {1, 0});
  expect_near(run_svm("SVMRegressor", x, attributes)[0],
              Tensor::from<float>({2, 1}, {4 - 4.5f + 0.25f, 1 - 0.5f + 0.25f}), 1e-6);
  attributes["one_class"] = std::int64_t{1};
  expect_near(run_svm("SVMRegressor", x, attributes)[0], Tensor::from<float>({2, 1}, {-1, 1}), 0.0);
}

TEST(Svm, RefusesTooFewVectorsOrCoefficients) {
  const Tensor x = Tensor::from<float>({1, 1}, {0});
  for (const char* shortened : {"support_vectors", "coefficients", "rho", "kernel_params"}) {
    Attributes attributes = three_classes();
    attributes[shortened] = Floats{1};
    expect_error(ErrorCode::kInvalidModel, {"do not describe support vectors"},
                 [&] { run_svm("SVMClassifier", x, attributes, 2); });
  }
}

}  // namespace
}  // namespace headway
