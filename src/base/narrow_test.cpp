#include "base/narrow.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace headway {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
const float kNan = std::nanf("");

constexpr DType kFloats[] = {DType::kFloat8E4M3FN,   DType::kFloat8E4M3FNUZ, DType::kFloat8E5M2,
                             DType::kFloat8E5M2FNUZ, DType::kFloat6E2M3,     DType::kFloat6E3M2,
                             DType::kFloat4E2M1};

int codes_of(DType dtype) {
  return 1 << bits_of_narrow(dtype);
}

TEST(Narrow, EveryElementSurvivesTheWayThroughFloat) {
  for (int type = static_cast<int>(DType::kFloat8E4M3FN); type < kDTypeCount; ++type) {
    const auto dtype = static_cast<DType>(type);
    for (int code = 0; code < codes_of(dtype); ++code) {
      const std::uint8_t bits =
          is_narrow_integer(dtype) ? wrap_to_narrow(dtype, code) : static_cast<std::uint8_t>(code);
      const float value = from_narrow(dtype, bits);
      if (std::isnan(value)) {
        EXPECT_TRUE(std::isnan(from_narrow(dtype, to_narrow(dtype, value))));
      } else {
        EXPECT_EQ(to_narrow(dtype, value, false), bits) << name_of(dtype) << ' ' << value;
      }
    }
  }
}

// Known elements of each format.
TEST(Narrow, HasTheValuesOfTheFormats) {
  EXPECT_EQ(from_narrow(DType::kFloat8E4M3FN, 0x7e), 448.0F);
  EXPECT_EQ(from_narrow(DType::kFloat8E4M3FN, 0x01), 0x1p-9F);
  EXPECT_TRUE(std::isnan(from_narrow(DType::kFloat8E4M3FN, 0xff)));
  EXPECT_EQ(from_narrow(DType::kFloat8E4M3FNUZ, 0x7f), 240.0F);
  EXPECT_TRUE(std::isnan(from_narrow(DType::kFloat8E4M3FNUZ, 0x80)));
  EXPECT_EQ(from_narrow(DType::kFloat8E5M2, 0x7b), 57344.0F);
  EXPECT_EQ(from_narrow(DType::kFloat8E5M2, 0xfc), -kInfinity);
  EXPECT_TRUE(std::isnan(from_narrow(DType::kFloat8E5M2, 0x7d)));
  EXPECT_EQ(from_narrow(DType::kFloat8E5M2FNUZ, 0x7f), 57344.0F);
  EXPECT_EQ(from_narrow(DType::kFloat8E8M0, 127), 1.0F);
  EXPECT_EQ(from_narrow(DType::kFloat6E2M3, 0x1f), 7.5F);
  EXPECT_EQ(from_narrow(DType::kFloat6E3M2, 0x1f), 28.0F);
  const float e2m1[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
  for (std::uint8_t i = 0; i < 8; ++i) EXPECT_EQ(from_narrow(DType::kFloat4E2M1, i), e2m1[i]);
  EXPECT_EQ(from_narrow(DType::kInt4, wrap_to_narrow(DType::kInt4, 9)), -7.0F);
  EXPECT_EQ(from_narrow(DType::kUInt2, wrap_to_narrow(DType::kUInt2, 7)), 3.0F);
}

// The nearest of all elements, found by looking at each; of two, the one with the even code.
std::uint8_t nearest(DType dtype, float value) {
  int best = -1;
  float distance = kInfinity;
  for (int code = 0; code < codes_of(dtype); ++code) {
    const float element = from_narrow(dtype, static_cast<std::uint8_t>(code));
    if (!std::isfinite(element) || std::signbit(element) != std::signbit(value)) continue;
    const float here = std::fabs(element - value);
    if (here < distance || (here == distance && code % 2 == 0)) best = code, distance = here;
  }
  return static_cast<std::uint8_t>(best);
}

TEST(Narrow, RoundsToNearestEven) {
  for (const DType dtype : kFloats) {
    const float largest = largest_narrow(dtype);
    for (int i = 1; i < 4096; ++i) {
      const float value = largest * static_cast<float>(i) / 4096 * (i % 2 == 0 ? 1.0F : 1e-2F);
      EXPECT_EQ(to_narrow(dtype, value), nearest(dtype, value)) << name_of(dtype) << ' ' << value;
    }
  }
}

TEST(Narrow, SaturatesOrNot) {
  for (const DType dtype : kFloats) {
    for (const float value : {kInfinity, 1e30F}) {
      EXPECT_EQ(from_narrow(dtype, to_narrow(dtype, value)), largest_narrow(dtype));
      EXPECT_EQ(from_narrow(dtype, to_narrow(dtype, -value)), -largest_narrow(dtype));
    }
  }
  EXPECT_EQ(to_narrow(DType::kFloat8E4M3FN, -kInfinity, false), 0xff);
  EXPECT_EQ(to_narrow(DType::kFloat8E4M3FNUZ, 1e9F, false), 0x80);
  EXPECT_EQ(to_narrow(DType::kFloat8E5M2, 1e9F, false), 0x7c);
  EXPECT_EQ(to_narrow(DType::kFloat8E5M2, -kNan), 0xff);
  EXPECT_EQ(to_narrow(DType::kFloat8E5M2FNUZ, -0.0F), 0);
  EXPECT_EQ(to_narrow(DType::kFloat4E2M1, kNan), 0x08);
  EXPECT_EQ(to_narrow(DType::kInt4, 99.5F), 7);
  EXPECT_EQ(from_narrow(DType::kInt4, to_narrow(DType::kInt4, -99)), -8.0F);
}

TEST(Narrow, RoundsToPowersOfTwo) {
  const auto rounded = [](float value, RoundMode mode) {
    return from_narrow(DType::kFloat8E8M0, to_narrow(DType::kFloat8E8M0, value, true, mode));
  };
  EXPECT_EQ(rounded(4, RoundMode::kUp), 4.0F);
  EXPECT_EQ(rounded(4.1F, RoundMode::kUp), 8.0F);
  EXPECT_EQ(rounded(7.9F, RoundMode::kDown), 4.0F);
  EXPECT_EQ(rounded(5.9F, RoundMode::kNearest), 4.0F);
  EXPECT_EQ(rounded(6, RoundMode::kNearest), 8.0F);
  EXPECT_EQ(rounded(0, RoundMode::kUp), 0x1p-127F);
  EXPECT_EQ(rounded(kInfinity, RoundMode::kUp), 0x1p127F);
  EXPECT_EQ(to_narrow(DType::kFloat8E8M0, kInfinity, false), 0xff);
  EXPECT_EQ(to_narrow(DType::kFloat8E8M0, 0, false), 0xff);
}

TEST(Narrow, WithoutANanItIsNegativeZero) {
  const float value = from_narrow(DType::kFloat4E2M1, to_narrow(DType::kFloat4E2M1, NAN));
  EXPECT_EQ(value, 0.0F);
  EXPECT_TRUE(std::signbit(value));
}

}  // namespace
}  // namespace headway
