#include "kernels/peak/meter.h"

#include <gtest/gtest.h>

#include "kernels/peak/limits.h"
#include "kernels/peak/loops.h"

namespace headway {
namespace {

constexpr std::int64_t kKiB = 1 << 10, kMiB = 1 << 20;

const std::vector<Cache> kCaches{{1, 48 * kKiB, 2}, {2, kMiB, 2}, {3, 32 * kMiB, 1}};

TEST(MemoryAreas, LieBetweenTheCacheBeforeAndTheirOwn) {
  for (const int threads : {1, 2}) {
    const auto areas = memory_areas(kCaches, threads, 1024 * kMiB);
    ASSERT_EQ(areas.size(), 4u);
    std::int64_t before = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(areas[i].level, kCaches[i].level);
      EXPECT_GE(areas[i].bytes, 2 * before);
      EXPECT_LE(areas[i].bytes * (kCaches[i].count == 1 ? threads : 1), kCaches[i].bytes / 8 * 7);
      EXPECT_EQ(areas[i].bytes % (2 * kMemoryStep), 0);
      before = kCaches[i].bytes;
    }
    EXPECT_EQ(areas[3].level, 0);
    EXPECT_EQ(areas[3].bytes * threads, 8 * 32 * kMiB);
  }
}

TEST(MemoryAreas, ShareCachesThatThreadsShare) {
  const auto areas = memory_areas(kCaches, 4, 1024 * kMiB);
  EXPECT_EQ(areas[0].bytes, 12 * kKiB);
  EXPECT_EQ(areas[1].bytes, 256 * kKiB);
  EXPECT_EQ(areas[2].bytes, 4 * kMiB);
}

TEST(MemoryAreas, OfASmallShareIsNone) {
  const auto areas = memory_areas({{2, 2 * kMiB, 32}, {3, 48 * kMiB, 1}}, 32, 1024 * kMiB);
  EXPECT_EQ(areas[1].bytes, 0);
}

TEST(MemoryAreas, RespectTheLimit) {
  EXPECT_EQ(memory_areas(kCaches, 2, 64 * kMiB).back().bytes, 32 * kMiB);
  const auto areas = memory_areas({}, 3, 1024 * kMiB);
  ASSERT_EQ(areas.size(), 1u);
  EXPECT_LE(areas[0].bytes * 3, 256 * kMiB);
  EXPECT_EQ(areas[0].bytes % (2 * kMemoryStep), 0);
}

TEST(Rate, OfSamples) {
  const Rate rate = rate_of({4, 1, 3, 2, 5});
  EXPECT_EQ(rate.best, 5);
  EXPECT_EQ(rate.median, 3);
  EXPECT_DOUBLE_EQ(rate.spread, 2.0 / 3);
  EXPECT_EQ(rate_of({7}).spread, 0);
  EXPECT_DOUBLE_EQ(rate_of({1, 2}).median, 1.5);
}

TEST(SampleRates, AreInterleaved) {
  std::string order;
  const auto probe = [&](char name) {
    return Probe{[&order, name](std::int64_t passes) {
                   if (passes > 0) order += name;
                 },
                 1, false};
  };
  double done = 0;
  const auto rates = sample_rates({probe('a'), probe('b')}, {3, 0}, [&](double part) {
    EXPECT_GT(part, done);
    done = part;
  });
  EXPECT_EQ(order, "abababab");  // the first pair calibrates
  EXPECT_EQ(done, 1);
  ASSERT_EQ(rates.size(), 2u);
  for (const Rate& rate : rates) EXPECT_GT(rate.best, 0);
}

TEST(PeakMeter, MeasuresEveryFigureAdded) {
  for (const int threads : {1, 3}) {
    PeakMeter meter(choose_isa());
    std::vector<std::size_t> places;
    for (const ArithmeticUnit& unit : arithmetic_units(detect_cpu(), choose_isa()))
      if (unit.lacks.empty()) places.push_back(meter.add_arithmetic(unit, threads));
    for (const MemoryArea& area : memory_areas(kCaches, threads, kMiB)) {
      places.push_back(meter.add_read(area));
      places.push_back(meter.add_copy(area));
    }
    const auto rates = meter.measure({2, 10'000}, [](double) {});
    ASSERT_EQ(rates.size(), places.size());
    for (std::size_t i = 0; i < rates.size(); ++i) {
      EXPECT_EQ(places[i], i);
      EXPECT_GT(rates[i].median, 0);
      EXPECT_GE(rates[i].best, rates[i].median);
      EXPECT_GE(rates[i].spread, 0);
    }
  }
}

TEST(Limits, AreOfTheThreadsAskedFor) {
  double done = 0;
  const auto limits =
      measure_limits({2, 1}, Isa::kPortable, {1, 10'000}, [&](double part) { done = part; });
  EXPECT_EQ(done, 1);
  ASSERT_EQ(limits.size(), 2u);
  EXPECT_EQ(limits[0].threads, 2);
  EXPECT_EQ(limits[1].threads, 1);
  for (const Limits& limit : limits) {
    EXPECT_GT(limit.operations_per_second, 0);
    EXPECT_GT(limit.bytes_per_second, 0);
  }
}

}  // namespace
}  // namespace headway
