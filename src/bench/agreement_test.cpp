#include "bench/agreement.h"

#include <limits>

#include <gtest/gtest.h>

namespace headway::bench {
namespace {

std::vector<NamedTensor> scores(std::initializer_list<float> values, Shape shape) {
  return {{"y", Tensor::from<float>(std::move(shape), values)}};
}

const Tolerance kTolerance{0, 1e-3};

TEST(Agreement, ErrorIsRelativeToTheLargestOutput) {
  const Agreement result =
      compare(scores({10, 0.005f}, {1, 2}), scores({10, 0}, {1, 2}), kTolerance);
  EXPECT_TRUE(result.within);
  EXPECT_NEAR(result.max_abs, 0.005, 1e-6);
  EXPECT_NEAR(result.max_rel, 0.0005, 1e-7);
  EXPECT_FALSE(compare(scores({10, 0.02f}, {1, 2}), scores({10, 0}, {1, 2}), kTolerance).within);
}

TEST(Agreement, CountsSamplesWithTheSameBestClass) {
  const Agreement result =
      compare(scores({1, 2, 4, 3}, {2, 2}), scores({1, 2, 3, 4}, {2, 2}), kTolerance);
  EXPECT_EQ(result.samples, 2);
  EXPECT_EQ(result.same_top1, 1);
  EXPECT_FALSE(result.within);
}

TEST(Agreement, ShapesAndCountsMustMatch) {
  EXPECT_NE(compare(scores({1, 2}, {2, 1}), scores({1, 2}, {1, 2}), kTolerance).problem, "");
  EXPECT_NE(compare({}, scores({1, 2}, {1, 2}), kTolerance).problem, "");
}

TEST(Agreement, NotANumberDisagrees) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(compare(scores({nan, 2}, {1, 2}), scores({1, 2}, {1, 2}), kTolerance).within);
  EXPECT_FALSE(compare(scores({1, 2}, {1, 2}), scores({nan, 2}, {1, 2}), kTolerance).within);
  EXPECT_TRUE(compare(scores({nan, 2}, {1, 2}), scores({nan, 2}, {1, 2}), kTolerance).within);
}

TEST(Agreement, AllZeroReferenceStillTellsErrors) {
  EXPECT_TRUE(compare(scores({0}, {1}), scores({0}, {1}), kTolerance).within);
  EXPECT_FALSE(compare(scores({1}, {1}), scores({0}, {1}), kTolerance).within);
}

TEST(Agreement, MergeKeepsTheWorse) {
  const Agreement good = compare(scores({1, 2}, {1, 2}), scores({1, 2}, {1, 2}), kTolerance);
  const Agreement bad = compare(scores({1, 3}, {1, 2}), scores({1, 2}, {1, 2}), kTolerance);
  const Agreement both = merge(good, bad);
  EXPECT_FALSE(both.within);
  EXPECT_DOUBLE_EQ(both.max_abs, 1);
  EXPECT_EQ(both.samples, 2);
}

}  // namespace
}  // namespace headway::bench
