#include "runtime/memory_plan.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace headway {
namespace {

constexpr std::size_t kAlignment = 64;

void expect_disjoint(const std::vector<Lifetime>& lifetimes, const MemoryPlan& plan) {
  for (std::size_t i = 0; i < lifetimes.size(); ++i) {
    EXPECT_EQ(plan.offsets[i] % kAlignment, 0u);
    EXPECT_LE(plan.offsets[i] + lifetimes[i].bytes, plan.arena_bytes);
    for (std::size_t j = 0; j < i; ++j) {
      const bool together = lifetimes[i].first_step <= lifetimes[j].last_step &&
                            lifetimes[j].first_step <= lifetimes[i].last_step;
      const bool apart = plan.offsets[i] + lifetimes[i].bytes <= plan.offsets[j] ||
                         plan.offsets[j] + lifetimes[j].bytes <= plan.offsets[i];
      EXPECT_TRUE(!together || apart) << "blocks " << i << " and " << j;
    }
  }
}

std::size_t alive_at(const std::vector<Lifetime>& lifetimes, std::size_t step) {
  std::size_t bytes = 0;
  for (const Lifetime& lifetime : lifetimes) {
    if (lifetime.first_step <= step && step <= lifetime.last_step) bytes += lifetime.bytes;
  }
  return bytes;
}

TEST(MemoryPlan, NothingNeedsNothing) {
  EXPECT_EQ(pack_lifetimes({}, kAlignment).arena_bytes, 0u);
  EXPECT_EQ(pack_lifetimes({}, kAlignment).peak_bytes, 0u);
}

TEST(MemoryPlan, AChainNeedsItsTwoLargestNeighbours) {
  const std::vector<Lifetime> chain = {{1024, 0, 1}, {2048, 1, 2}, {512, 2, 3}, {64, 3, 4}};
  const MemoryPlan plan = pack_lifetimes(chain, kAlignment);
  expect_disjoint(chain, plan);
  EXPECT_EQ(plan.arena_bytes, 1024u + 2048u);
  EXPECT_EQ(plan.peak_bytes, 1024u + 2048u);
}

TEST(MemoryPlan, BlocksTakeTheTightestGap) {
  // At step 5 two gaps are free: 128 bytes wide (where block 3 was) and 64 wide (block 1).
  const std::vector<Lifetime> blocks = {{512, 0, 9}, {64, 6, 9},  {256, 0, 9},
                                        {128, 0, 4}, {192, 0, 9}, {64, 5, 5}};
  const MemoryPlan plan = pack_lifetimes(blocks, kAlignment);
  expect_disjoint(blocks, plan);
  EXPECT_EQ(plan.arena_bytes, 512u + 256u + 192u + 128u);
}

TEST(MemoryPlan, RandomLifetimesNeverOverlapAndBeatNoSharing) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<Lifetime> lifetimes;
    std::size_t unshared = 0;
    for (int i = 0; i < 40; ++i) {
      const std::size_t first = random() % 30;
      lifetimes.push_back({1 + random() % 5000, first, first + random() % 4});
      unshared += (lifetimes.back().bytes + 63) / 64 * 64;
    }
    const MemoryPlan plan = pack_lifetimes(lifetimes, kAlignment);
    expect_disjoint(lifetimes, plan);
    EXPECT_LT(plan.arena_bytes, unshared);
    EXPECT_GE(plan.arena_bytes, plan.peak_bytes);
    std::size_t peak = 0;
    for (std::size_t step = 0; step < 40; ++step) peak = std::max(peak, alive_at(lifetimes, step));
    EXPECT_EQ(plan.peak_bytes, peak);
  }
}

}  // namespace
}  // namespace headway
