#include "bench/floor.h"

#include <gtest/gtest.h>

namespace headway::bench {
namespace {

/// Two Gop/s, one GB/s, a megabyte of caches.
RaceResult race_of(std::int64_t multiply_adds, std::int64_t weight_bytes, int batch = 1) {
  RaceResult race;
  race.model.multiply_adds = multiply_adds;
  race.model.weight_bytes = weight_bytes;
  race.options.batch = batch;
  race.limits = MachineLimits{2e9, 1e9, 1'000'000};
  return race;
}

TEST(Floor, OfArithmeticIsTwoOperationsPerMultiplyAdd) {
  const Floor floor = *floor_of(race_of(5'000'000, 0));
  EXPECT_DOUBLE_EQ(floor.arithmetic_ns, 5e6);
  EXPECT_DOUBLE_EQ(floor.memory_ns, 0);
  EXPECT_DOUBLE_EQ(floor.ns(), 5e6);
}

TEST(Floor, OfMemoryCountsWhatCachesCannotKeep) {
  const Floor floor = *floor_of(race_of(5'000'000, 9'000'000));
  EXPECT_DOUBLE_EQ(floor.memory_ns, 8e6);
  EXPECT_DOUBLE_EQ(floor.ns(), 8e6);
  EXPECT_DOUBLE_EQ(floor_of(race_of(5'000'000, 1'000'000))->memory_ns, 0);
}

TEST(Floor, IsPerSample) {
  const Floor floor = *floor_of(race_of(5'000'000, 9'000'000, 4));
  EXPECT_DOUBLE_EQ(floor.arithmetic_ns, 1.25e6);
  EXPECT_DOUBLE_EQ(floor.memory_ns, 2e6);
}

TEST(Floor, IsUnknownWithoutItsFigures) {
  RaceResult race = race_of(0, 100);
  EXPECT_FALSE(floor_of(race).has_value());
  race = race_of(5, 0);
  race.options.device = "gpu";
  EXPECT_FALSE(floor_of(race).has_value());
  race = race_of(5, 0);
  race.limits.reset();
  EXPECT_FALSE(floor_of(race).has_value());
}

TEST(Precision, IsWhatTheRuntimeReports) {
  RowResult row;
  EXPECT_TRUE(computes_in_fp32(row));
  for (const char* precision : {"f32 (set; the default may be bf16 or f16)", "fp32", "float32"}) {
    row.settings["precision"] = precision;
    EXPECT_TRUE(computes_in_fp32(row)) << precision;
  }
  for (const char* precision : {"bf16", "int8", "f16", ""}) {
    row.settings["precision"] = precision;
    EXPECT_FALSE(computes_in_fp32(row)) << precision;
  }
}

}  // namespace
}  // namespace headway::bench
