#include "bench/schedule.h"

#include <set>

#include <gtest/gtest.h>

namespace headway::bench {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(BlockOrder, IsAPermutationAndItsMirrorImage) {
  Random random(1);
  std::set<std::vector<std::size_t>> orders;
  for (int block = 0; block < 100; ++block) {
    const std::vector<std::size_t> order = block_order({0, 1, 2}, random);
    ASSERT_EQ(order.size(), 6u);
    EXPECT_TRUE(std::equal(order.begin(), order.begin() + 3, order.rbegin()));
    orders.insert(order);
  }
  EXPECT_EQ(orders.size(), 6u);
}

TEST(Schedule, BuysAsManyProcessesAsTheBudgetAffords) {
  RaceOptions options;
  options.budget_ns = 60 * kSecond;
  const auto generations = [&options](std::int64_t start) {
    Schedule schedule(options, 6);
    schedule.first_start_took(start);
    return schedule.generations();
  };
  EXPECT_EQ(generations(kSecond / 10), 8);
  EXPECT_EQ(generations(6 * kSecond), 5);
  EXPECT_EQ(generations(15 * kSecond), 3);
  EXPECT_EQ(generations(20 * kSecond), 2);
  EXPECT_EQ(generations(50 * kSecond), 1);
}

TEST(Schedule, LeavesTimeForTheGenerationsToCome) {
  RaceOptions options;
  options.budget_ns = 60 * kSecond;
  Schedule schedule(options, 6);
  schedule.first_start_took(10 * kSecond);
  EXPECT_EQ(schedule.measuring_time(0, 10 * kSecond), 10 * kSecond);
  EXPECT_EQ(schedule.measuring_time(2, 55 * kSecond), 5 * kSecond);
  EXPECT_EQ(schedule.measuring_time(2, 70 * kSecond), 0);
}

TEST(Schedule, IterationsAreSplitOverProcessesAndRounds) {
  RaceOptions options;
  options.iterations = 100;
  options.processes = 3;
  const Schedule schedule(options, 2);
  std::int64_t measured = 0;
  for (int round = 0; round < 2 * schedule.blocks().value(); ++round) {
    measured += std::max<std::int64_t>(schedule.plan(1e6, measured).iterations, 0);
  }
  EXPECT_EQ(measured, 34);
  EXPECT_FALSE(schedule.measuring_time(0, 0).has_value());
}

TEST(Schedule, EveryRoundHasAtLeastOneCallHoweverSlow) {
  RaceOptions options;
  options.budget_ns = kSecond;
  Schedule schedule(options, 8);
  schedule.first_start_took(10 * kSecond);
  const RoundPlan plan = schedule.plan(5e9, 0);
  EXPECT_GE(plan.iterations, 1);
  EXPECT_EQ(plan.warmup, 1);
  EXPECT_GT(plan.duration_ns, 0);
}

TEST(WorthMeasuring, SpendsTimeWhereTheRatioIsUncertain) {
  EXPECT_EQ(worth_measuring({0.0, 0.01, 0.08, 0.05}, 0), (std::vector<std::size_t>{0, 2, 3}));
  EXPECT_EQ(worth_measuring({0.0, 0.01}, 1), (std::vector<std::size_t>{0, 1}));
}

TEST(RatioError, ShrinksWithBlocksAndIgnoresSharedDrift) {
  const RowSamples base{{0, {{0, {100}}, {1, {110}}, {2, {121}}}}};
  const RowSamples row{{0, {{0, {200}}, {1, {220}}, {2, {242}}}}};
  EXPECT_NEAR(ratio_error(row, base), 0, 1e-12);
  const RowSamples brief{{0, {{0, {200}}}}};
  EXPECT_GT(ratio_error(brief, base), 1e9);
}

}  // namespace
}  // namespace headway::bench
