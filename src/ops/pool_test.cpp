#include <limits>

#include "ops/op_testing.h"
#include "ops/pool_geometry.h"

namespace headway {
namespace {

const Attributes kThreeByThree = {
    {"kernel_shape", list({3, 3})}, {"strides", list({2, 2})}, {"pads", list({1, 1, 1, 1})}};

TEST(MaxPool, EqualsItsDefinition) {
  const Tensor x = random_floats({2, 3, 9, 8});
  const Tensor y = run_op("MaxPool", {x}, kThreeByThree);
  ASSERT_EQ(y.shape(), (Shape{2, 3, 5, 4}));
  const float* found = y.data<float>();
  for (std::int64_t plane = 0; plane < 6; ++plane) {
    for (std::int64_t row = 0; row < 5; ++row) {
      for (std::int64_t column = 0; column < 4; ++column) {
        float best = -std::numeric_limits<float>::infinity();
        for (std::int64_t h = std::max<std::int64_t>(row * 2 - 1, 0);
             h < std::min<std::int64_t>(row * 2 + 2, 9); ++h) {
          for (std::int64_t w = std::max<std::int64_t>(column * 2 - 1, 0);
               w < std::min<std::int64_t>(column * 2 + 2, 8); ++w) {
            best = std::max(best, x.data<float>()[(plane * 9 + h) * 8 + w]);
          }
        }
        ASSERT_EQ(*found++, best);
      }
    }
  }
}

TEST(MaxPool, IndicesPointAtTheMaxima) {
  const Tensor x = random_floats({2, 2, 6, 5});
  const std::vector<Tensor> y = run_all("MaxPool", {x}, {{"kernel_shape", list({2, 3})}}, 2);
  ASSERT_EQ(y[1].dtype(), DType::kInt64);
  for (std::int64_t i = 0; i < y[0].size(); ++i) {
    EXPECT_EQ(x.data<float>()[y[1].data<std::int64_t>()[i]], y[0].data<float>()[i]);
  }
}

TEST(MaxPool, NotANumberWins) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor y =
      run_op("MaxPool", {floats({1, 1, 4}, {1, nan, 5, 2})}, {{"kernel_shape", list({4})}});
  EXPECT_TRUE(std::isnan(*y.data<float>()));
}

TEST(MaxPool, Bytes) {
  const Tensor x = Tensor::from<std::int8_t>({1, 1, 4}, {-8, -3, -100, -5});
  const Tensor y = run_op("MaxPool", {x}, {{"kernel_shape", list({2})}, {"strides", list({2})}});
  EXPECT_EQ(to_ints(y), (std::vector<std::int64_t>{-3, -5}));
}

TEST(AveragePool, PaddingCountsOnlyIfAsked) {
  const Tensor x = floats({1, 1, 2}, {2, 4});
  Attributes attributes = {{"kernel_shape", list({3})}, {"pads", list({1, 1})}};
  expect_near(run_op("AveragePool", {x}, attributes), floats({1, 1, 2}, {3, 3}));
  attributes["count_include_pad"] = std::int64_t{1};
  expect_near(run_op("AveragePool", {x}, attributes), floats({1, 1, 2}, {2, 2}));
}

TEST(AveragePool, CeilModeCountsNothingBeyondThePadding) {
  const Tensor x = floats({1, 1, 4}, {1, 2, 3, 4});
  const Attributes attributes = {{"kernel_shape", list({3})},
                                 {"strides", list({2})},
                                 {"ceil_mode", std::int64_t{1}},
                                 {"count_include_pad", std::int64_t{1}}};
  expect_near(run_op("AveragePool", {x}, attributes), floats({1, 1, 2}, {2, 3.5}));
}

TEST(Pool, CeilModeNeverStartsAWindowInTheEndPadding) {
  OneNode one(
      "MaxPool", {type_of({1, 1, 2})},
      {{"kernel_shape", list({1})}, {"strides", list({2})}, {"ceil_mode", std::int64_t{1}}});
  EXPECT_EQ(pool_geometry(*one.node).axes[0].output, 1);
}

TEST(Pool, KeepsSymbols) {
  OneNode one("MaxPool", {type_of({symbol("N"), symbol("C"), 9, symbol("W")})}, kThreeByThree);
  EXPECT_EQ(one.infer().to_string(), "float32[N,C,5,?]");
  OneNode two("GlobalAveragePool", {type_of({symbol("N"), 8, symbol("H"), 7})});
  EXPECT_EQ(two.infer().to_string(), "float32[N,8,1,1]");
}

TEST(GlobalPool, MeanAndMaximum) {
  const Tensor x = floats({1, 2, 2, 2}, {1, 2, 3, 6, -1, -2, -3, -4});
  expect_near(run_op("GlobalAveragePool", {x}), floats({1, 2, 1, 1}, {3, -2.5}));
  expect_near(run_op("GlobalMaxPool", {x}), floats({1, 2, 1, 1}, {6, -1}));
}

TEST(LpPool, TwoNorm) {
  const Tensor y = run_op("LpPool", {floats({1, 1, 2}, {3, -4})}, {{"kernel_shape", list({2})}});
  expect_near(y, floats({1, 1, 1}, {5}));
}

TEST(Pool, RefusesContradictions) {
  const ErrorCode bad = ErrorCode::kInvalidModel;
  expect_error(bad, {"'kernel_shape' is missing"}, [] {
    OneNode("MaxPool", {type_of({1, 1, 4, 4})}).infer();
  });
  expect_error(bad, {"1 spatial axes", "kernel_shape"}, [] {
    OneNode("MaxPool", {type_of({1, 1, 4, 4})}, {{"kernel_shape", list({3})}}).infer();
  });
  expect_error(bad, {"kernel extent of 0"}, [] {
    OneNode("MaxPool", {type_of({1, 1, 4})}, {{"kernel_shape", list({0})}}).infer();
  });
  expect_error(bad, {"a window of 5 does not fit"}, [] {
    OneNode("AveragePool", {type_of({1, 1, 4})}, {{"kernel_shape", list({5})}}).infer();
  });
}

}  // namespace
}  // namespace headway
