#include "ops/op_testing.h"

namespace headway {
namespace {

TEST(LpNormalization, GivesUnitNorm) {
  const Tensor x = random_floats({3, 4});
  const Attributes axis = {{"axis", std::int64_t{0}}, {"p", std::int64_t{1}}};
  const Tensor y = run_op("LpNormalization", {x}, axis);
  const Tensor norm = run_op("ReduceL1", {y}, {{"axes", list({0})}, {"keepdims", std::int64_t{0}}});
  expect_near(norm, floats({4}, {1, 1, 1, 1}));
  expect_near(run_op("LpNormalization", {floats({2, 2}, {3, 4, 0, 0})}),
              floats({2, 2}, {0.6f, 0.8f, 0, 0}));
}

TEST(MeanVarianceNormalization, GivesZeroMeanAndUnitVariance) {
  const Tensor x = random_floats({2, 3, 4, 5});
  const Tensor y = run_op("MeanVarianceNormalization", {x});
  const Attributes axes = {{"axes", list({0, 2, 3})}, {"keepdims", std::int64_t{0}}};
  expect_near(run_op("ReduceMean", {y}, axes), floats({3}, {0, 0, 0}));
  expect_near(run_op("ReduceMean", {run_op("Mul", {y, y})}, axes), floats({3}, {1, 1, 1}), 1e-4);
}

TEST(RmsNormalization, ScalesToUnitMeanSquare) {
  const Tensor x = floats({2, 2}, {3, 3, -1, 1}), scale = floats({2}, {1, 10});
  expect_near(run_op("RMSNormalization", {x, scale}, {{"epsilon", 0.0f}}),
              floats({2, 2}, {1, 10, -1, 10}));
  expect_near(run_op("RMSNormalization", {x, floats({}, {1})},
                     {{"epsilon", 0.0f}, {"axis", std::int64_t{0}}}),
              floats({2, 2}, {3 / std::sqrt(5.0f), 3 / std::sqrt(5.0f), -1 / std::sqrt(5.0f),
                              1 / std::sqrt(5.0f)}));
  for (const Shape& wrong : {Shape{1, 4}, Shape{0}, Shape{3}}) {
    expect_error(ErrorCode::kInvalidModel, {"cannot be broadcast to"}, [&] {
      OneNode("RMSNormalization", {floats({1}, {1}), Tensor::allocate(DType::kFloat32, wrong)})
          .infer();
    });
  }
}

TEST(GlobalLpPool, IsTheNormOfEachChannel) {
  const Tensor x = floats({1, 2, 2}, {3, 4, 5, 12});
  expect_near(run_op("GlobalLpPool", {x}), floats({1, 2, 1}, {5, 13}));
  expect_near(run_op("GlobalLpPool", {x}, {{"p", std::int64_t{1}}}), floats({1, 2, 1}, {7, 17}));
}

TEST(Det, OfAProductIsTheProduct) {
  const Tensor a = random_floats({2, 4, 4}), b = random_floats({2, 4, 4}, 2);
  const Tensor product = run_op("Mul", {run_op("Det", {a}), run_op("Det", {b})});
  expect_near(run_op("Det", {run_op("MatMul", {a, b})}), product, 1e-2);
  expect_near(run_op("Det", {floats({2, 2}, {0, 2, 3, 0})}), floats({}, {-6}));
  expect_near(run_op("Det", {floats({2, 2}, {1, 2, 2, 4})}), floats({}, {0}));
  expect_error(ErrorCode::kInvalidModel, {"square"}, [] {
    OneNode("Det", {type_of({2, 3})}).infer();
  });
}

}  // namespace
}  // namespace headway
