#include "bench/inputs.h"

#include <cmath>

#include <gtest/gtest.h>

namespace headway::bench {
namespace {

TEST(Inputs, SameSeedSameValuesOtherSeedOthers) {
  const std::vector<InputSpec> specs{{"x", DType::kFloat32, {1, 8}}};
  const auto first = make_inputs(specs, 2, 5);
  const auto second = make_inputs(specs, 2, 5);
  const auto other = make_inputs(specs, 2, 6);
  const auto value = [](const auto& sets, std::size_t set) {
    return sets[set][0].tensor.template values<float>()[0];
  };
  EXPECT_EQ(value(first, 0), value(second, 0));
  EXPECT_NE(value(first, 0), value(first, 1));
  EXPECT_NE(value(first, 0), value(other, 0));
}

TEST(Inputs, FloatsLookLikeNormalizedImages) {
  const auto sets = make_inputs({{"x", DType::kFloat32, {10'000}}}, 1, 1);
  double mean = 0;
  double square = 0;
  for (const float value : sets[0][0].tensor.values<float>()) {
    mean += value / 1e4;
    square += value * value / 1e4;
  }
  EXPECT_NEAR(mean, 0, 0.05);
  EXPECT_NEAR(square, 1, 0.05);
}

TEST(Inputs, IntegersStayInTheirRange) {
  const auto sets = make_inputs({{"ids", DType::kInt64, {1000}, 7},
                                 {"mask", DType::kBool, {10}},
                                 {"image", DType::kUInt8, {1000}}},
                                1, 1);
  for (const std::int64_t value : sets[0][0].tensor.values<std::int64_t>()) {
    EXPECT_GE(value, 0);
    EXPECT_LT(value, 7);
  }
  int largest = 0;
  for (const std::uint8_t value : sets[0][2].tensor.values<std::uint8_t>()) {
    largest = std::max<int>(largest, value);
  }
  EXPECT_GT(largest, 200);
}

}  // namespace
}  // namespace headway::bench
