#include "bench/steady.h"

#include <cmath>

#include <gtest/gtest.h>

#include "bench/random.h"

namespace headway::bench {
namespace {

std::vector<double> level(double latency, int calls, double noise, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> values;
  for (int call = 0; call < calls; ++call) {
    values.push_back(latency * std::exp(noise * random.normal()));
  }
  return values;
}

std::vector<double> join(std::vector<double> first, const std::vector<double>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

TEST(ChangePoints, FindsTheEndOfAWarmUp) {
  const auto values = join(level(3e6, 20, 0.01, 1), level(1e6, 40, 0.01, 2));
  const std::vector<std::size_t> changes = change_points(values);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_NEAR(static_cast<double>(changes[0]), 20, 1);
}

TEST(ChangePoints, NoneInOneState) {
  int found = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    found += change_points(level(1e6, 100, 0.02, seed)).empty() ? 0 : 1;
  }
  EXPECT_LE(found, 10);
}

TEST(ChangePoints, OneOutlierIsNoState) {
  std::vector<double> values = level(1e6, 50, 0.01, 3);
  values[25] = 9e6;
  EXPECT_TRUE(change_points(values).empty());
}

TEST(Steady, ConstantLatencyIsSteady) {
  int steady = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    steady += is_steady(level(1e6, 40, 0.02, seed));
  }
  EXPECT_GE(steady, 90);
}

TEST(Steady, NeedsAFewCalls) {
  EXPECT_FALSE(is_steady(level(1e6, 4, 0.01, 1)));
  EXPECT_TRUE(is_steady(level(1e6, 6, 0.01, 1)));
}

TEST(Steady, NotRightAfterAChange) {
  EXPECT_FALSE(is_steady(join(level(3e6, 20, 0.01, 1), level(1e6, 5, 0.01, 2))));
  EXPECT_TRUE(is_steady(join(level(3e6, 20, 0.01, 1), level(1e6, 20, 0.01, 2))));
}

TEST(Steady, NotWhileDrifting) {
  std::vector<double> values = level(1e6, 60, 0.005, 4);
  for (std::size_t call = 0; call < values.size(); ++call) {
    values[call] *= 1 + 0.002 * static_cast<double>(call);
  }
  EXPECT_FALSE(is_steady(values));
}

TEST(Steady, AnyNumbersDoNotCrash) {
  EXPECT_FALSE(is_steady({}));
  EXPECT_TRUE(is_steady(std::vector<double>(20, 0.0)));
}

}  // namespace
}  // namespace headway::bench
