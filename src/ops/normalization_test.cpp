#include "ops/op_testing.h"

namespace headway {
namespace {

TEST(BatchNormalization, HandComputed) {
  const Tensor x = floats({1, 2, 2}, {1, 2, 3, 4});
  const std::vector<Tensor> inputs = {x, floats({2}, {1, 2}), floats({2}, {0, 10}),
                                      floats({2}, {1, 3}), floats({2}, {4, 0.25})};
  expect_near(run_op("BatchNormalization", inputs, {{"epsilon", 0.0f}}),
              floats({1, 2, 2}, {0, 0.5, 10, 14}));
}

TEST(BatchNormalization, RefusesTrainingAndWrongParameters) {
  const TensorType c = type_of({2});
  expect_error(ErrorCode::kUnsupported, {"training_mode"}, [&] {
    OneNode("BatchNormalization", {type_of({1, 2, 2}), c, c, c, c},
            {{"training_mode", std::int64_t{1}}})
        .infer();
  });
  expect_error(ErrorCode::kInvalidModel, {"input 3 has 5 elements but must have 2"}, [&] {
    OneNode("BatchNormalization", {type_of({1, 2, 2}), c, c, type_of({5}), c}).infer();
  });
}

TEST(LayerNormalization, ScaleAndBiasBroadcast) {
  const Tensor x = floats({2, 2}, {-1, 1, 3, 5});
  const Attributes exact = {{"epsilon", 0.0f}};
  expect_near(
      run_op("LayerNormalization", {x, floats({2, 1}, {1, 10}), floats({2}, {0, 7})}, exact),
      floats({2, 2}, {-1, 8, -10, 17}));
  expect_error(ErrorCode::kInvalidModel, {"cannot be broadcast to"}, [&] {
    run_op("LayerNormalization", {floats({1, 2}, {1, 2}), floats({2, 1}, {1, 10})});
  });
}

TEST(LayerNormalization, GivesZeroMeanAndUnitVariance) {
  const Tensor x = random_floats({3, 4, 5});
  const Tensor one = floats({1}, {1});
  const std::vector<Tensor> y =
      run_all("LayerNormalization", {x, one}, {{"axis", std::int64_t{1}}, {"epsilon", 0.0f}}, 3);
  EXPECT_EQ(y[1].shape(), (Shape{3, 1, 1}));
  for (std::int64_t row = 0; row < 3; ++row) {
    double sum = 0.0, squares = 0.0;
    for (std::int64_t i = 0; i < 20; ++i) {
      const double value = y[0].data<float>()[row * 20 + i];
      sum += value;
      squares += value * value;
    }
    EXPECT_NEAR(sum, 0.0, 1e-5);
    EXPECT_NEAR(squares / 20, 1.0, 1e-5);
  }
}

TEST(InstanceNormalization, IsGroupNormalizationWithOneChannelPerGroup) {
  const std::vector<Tensor> inputs = {random_floats({2, 4, 3, 3}), random_floats({4}, 2),
                                      random_floats({4}, 3)};
  expect_near(run_op("InstanceNormalization", inputs),
              run_op("GroupNormalization", inputs, {{"num_groups", std::int64_t{4}}}));
}

TEST(GroupNormalization, OneGroupIsLayerNormalization) {
  const Tensor x = random_floats({2, 4, 3});
  const Tensor ones = floats({4}, {1, 1, 1, 1}), zeros = Tensor::zeros(DType::kFloat32, {4});
  expect_near(run_op("GroupNormalization", {x, ones, zeros}, {{"num_groups", std::int64_t{1}}}),
              run_op("LayerNormalization", {x, floats({1}, {1})}, {{"axis", std::int64_t{1}}}));
  expect_error(ErrorCode::kInvalidModel, {"num_groups is 3"}, [&] {
    run_op("GroupNormalization", {x, ones, zeros}, {{"num_groups", std::int64_t{3}}});
  });
}

TEST(LRN, HandComputed) {
  const Tensor x = floats({1, 3, 1}, {1, 2, 3});
  const Attributes attributes = {
      {"size", std::int64_t{3}}, {"alpha", 3.0f}, {"beta", 1.0f}, {"bias", 1.0f}};
  expect_near(run_op("LRN", {x}, attributes), floats({1, 3, 1}, {1.0f / 6, 2.0f / 15, 3.0f / 14}));
}

}  // namespace
}  // namespace headway
