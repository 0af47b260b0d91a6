#include "ops/op_testing.h"

namespace headway {
namespace {

Attributes reduction(const char* name) {
  return {{"reduction", std::string(name)}};
}

TEST(NegativeLogLikelihood, WeighsAndIgnores) {
  const Tensor x = floats({3, 2}, {-1, -2, -3, -4, -5, -6}), labels = ints({0, 1, 0});
  const Tensor weights = floats({2}, {1, 10});
  const auto loss = [&](Attributes attributes) {
    return run_op("NegativeLogLikelihoodLoss", {x, labels, weights}, std::move(attributes));
  };
  expect_near(loss(reduction("none")), floats({3}, {1, 40, 5}));
  expect_near(loss(reduction("sum")), floats({}, {46}));
  expect_near(loss({}), floats({}, {46.0f / 12}));
  expect_near(loss({{"ignore_index", std::int64_t{1}}}), floats({}, {3}));
  expect_error(ErrorCode::kInvalidArgument, {"label 2"}, [&] {
    run_op("NegativeLogLikelihoodLoss", {x, ints({0, 2, 0})});
  });
}

TEST(SoftmaxCrossEntropy, IsTheLossOfLogSoftmax) {
  const Tensor x = random_floats({2, 3, 2, 2});
  const Tensor labels = Tensor::from<std::int64_t>({2, 2, 2}, {0, 1, 2, 0, 1, 2, -1, 2});
  const Attributes ignore = {{"ignore_index", std::int64_t{-1}}};
  const std::vector<Tensor> y = run_all("SoftmaxCrossEntropyLoss", {x, labels}, ignore, 2);
  expect_near(y[1], run_op("LogSoftmax", {x}, {{"axis", std::int64_t{1}}}));
  expect_near(y[0], run_op("NegativeLogLikelihoodLoss", {y[1], labels}, ignore));
}

TEST(Loss, InfersSymbolicShapes) {
  const TensorType x = type_of({symbol("N"), 3, symbol("H")});
  const TensorType labels = type_of({symbol("N"), symbol("H")}, DType::kInt64);
  OneNode one("SoftmaxCrossEntropyLoss", {x, labels}, reduction("none"), 2);
  EXPECT_EQ(one.infer(0), type_of({symbol("N"), symbol("H")}));
  EXPECT_EQ(one.infer(1), x);
  EXPECT_EQ(OneNode("SoftmaxCrossEntropyLoss", {x, labels}).infer(), type_of({}));
  expect_error(ErrorCode::kInvalidModel, {"labels"}, [&] {
    OneNode("NegativeLogLikelihoodLoss", {type_of({2, 3}), type_of({3}, DType::kInt64)}).infer();
  });
}

}  // namespace
}  // namespace headway
