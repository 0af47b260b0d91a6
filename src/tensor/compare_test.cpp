#include "tensor/compare.h"

#include <limits>

#include "base/test_error.h"

namespace headway {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

Tensor vector(std::initializer_list<float> values) {
  return Tensor::from<float>({static_cast<std::int64_t>(values.size())}, values);
}

TEST(Compare, EqualTensorsAgree) {
  const Tensor x = vector({1, -2, kNan, kInfinity, -kInfinity});
  const Comparison result = compare(x, x, 0, 0);
  EXPECT_TRUE(result.agrees());
  EXPECT_EQ(result.size, 5);
  EXPECT_EQ(result.max_abs, 0);
  EXPECT_EQ(result.max_rel, 0);
  EXPECT_EQ(result.largest_expected, 2);
  EXPECT_EQ(result.worst_index, -1);
}

TEST(Compare, ReportsTheErrors) {
  const Comparison result = compare(vector({1.5F, -2, 104}), vector({1, -2, 100}), 0.1, 0.01);
  EXPECT_FALSE(result.agrees());
  EXPECT_DOUBLE_EQ(result.max_abs, 4);
  EXPECT_DOUBLE_EQ(result.max_rel, 0.5);
  EXPECT_EQ(result.largest_expected, 100);
  EXPECT_EQ(result.mismatches, 2);
  EXPECT_EQ(result.worst_index, 2);
}

TEST(Compare, TolerancesAddUp) {
  const Tensor actual = vector({102});
  const Tensor expected = vector({100});
  EXPECT_TRUE(compare(actual, expected, 1, 0.01).agrees());
  EXPECT_FALSE(compare(actual, expected, 0.9, 0.01).agrees());
  EXPECT_FALSE(compare(actual, expected, 1, 0.009).agrees());
}

TEST(Compare, NearZeroTheScaleCounts) {
  const Comparison result = compare(vector({0.01F, 10}), vector({0, 10}), 1, 0);
  EXPECT_NEAR(result.max_rel, 1, 1e-6);
  EXPECT_EQ(compare(vector({1}), vector({0}), 2, 0).max_rel, kInfinity);
}

TEST(Compare, NanAndInfinityNeverPass) {
  for (const auto& [actual, expected] : {std::pair(kNan, 1.0F),
                                         {1.0F, kNan},
                                         {kInfinity, 1.0F},
                                         {kInfinity, -kInfinity},
                                         {1.0F, kInfinity},
                                         {kNan, kInfinity}}) {
    const Comparison result = compare(vector({0, actual}), vector({0, expected}), 10, 10);
    EXPECT_EQ(result.mismatches, 1) << actual << " " << expected;
    EXPECT_EQ(result.worst_index, 1);
    EXPECT_EQ(result.max_abs, kInfinity);
  }
}

TEST(Compare, DtypesMayDifferButNotShapes) {
  EXPECT_TRUE(compare(vector({1, 2}), Tensor::from<double>({2}, {1, 2}), 0, 0).agrees());
  EXPECT_EQ(error_message(ErrorCode::kInvalidArgument,
                          [] {
                            compare(vector({1, 2}), vector({1}), 0, 0);
                          }),
            "cannot compare a tensor of shape 2 with one of shape 1");
}

TEST(Compare, Top1) {
  const Tensor scores = Tensor::from<float>({2, 3}, {0, 5, 5, -1, -3, kNan});
  EXPECT_EQ(top1(scores), (std::vector<std::int64_t>{1, 0}));
  EXPECT_EQ(top1(vector({kNan, 1, 2})), std::vector<std::int64_t>{2});
  EXPECT_TRUE(top1(Tensor::zeros(DType::kFloat32, {})).empty());
  EXPECT_TRUE(top1(Tensor::zeros(DType::kFloat32, {0, 3})).empty());
  EXPECT_TRUE(top1(Tensor::zeros(DType::kFloat32, {3, 0})).empty());
}

}  // namespace
}  // namespace headway
