#include "base/random.h"

#include <cmath>

#include <gtest/gtest.h>

namespace headway {
namespace {

// Computed from the published reference code of splitmix64 and xoshiro256**.
TEST(Random, MatchesTheReference) {
  Random random(0);
  EXPECT_EQ(random.next(), 0x99ec5f36cb75f2b4U);
  EXPECT_EQ(random.next(), 0xbf6e1f784956452aU);
  EXPECT_EQ(random.next(), 0x1a5f849d4933e6e0U);
}

TEST(Random, SeedsGiveDifferentSequences) {
  Random a(1);
  Random b(2);
  EXPECT_NE(a.next(), b.next());
}

TEST(Random, UniformStaysInItsInterval) {
  Random random(3);
  double sum = 0;
  for (int i = 0; i < 100000; ++i) {
    const double value = random.uniform();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
  }
  EXPECT_NEAR(sum / 100000, 0.5, 0.005);
}

TEST(Random, BelowReachesAllAndNothingElse) {
  Random random(4);
  int counts[7] = {};
  for (int i = 0; i < 70000; ++i) ++counts[random.below(7)];
  for (const int count : counts) EXPECT_NEAR(count, 10000, 500);
  EXPECT_EQ(random.below(1), 0U);
}

// Compares the distribution with the normal one at several points.
TEST(Random, NormalIsNormal) {
  constexpr int kCount = 1000000;
  constexpr double kPoints[] = {-3, -2, -1, -0.5, 0, 0.1, 0.7, 1.5, 2.5, 3.5};
  Random random(5);
  int below[std::size(kPoints)] = {};
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kCount; ++i) {
    const double value = random.normal();
    sum += value;
    squares += value * value;
    for (std::size_t p = 0; p < std::size(kPoints); ++p) below[p] += value < kPoints[p] ? 1 : 0;
  }
  EXPECT_NEAR(sum / kCount, 0.0, 0.005);
  EXPECT_NEAR(squares / kCount, 1.0, 0.01);
  for (std::size_t p = 0; p < std::size(kPoints); ++p) {
    const double expected = 0.5 * std::erfc(-kPoints[p] / std::sqrt(2.0));
    EXPECT_NEAR(static_cast<double>(below[p]) / kCount, expected, 0.002) << kPoints[p];
  }
}

TEST(Random, NormalNeverChanges) {
  Random random(6);
  const float first = random.normal();
  const float second = random.normal();
  EXPECT_EQ(first, -0x1.e6e96ap-1F);
  EXPECT_EQ(second, -0x1.b9ea0ap-2F);
}

}  // namespace
}  // namespace headway
