#include "headway/dtype.h"

#include <bit>
#include <cmath>
#include <limits>

#include "base/test_error.h"

namespace headway {
namespace {

TEST(DType, NamesAndSizes) {
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    EXPECT_EQ(parse_dtype(name_of(dtype)), dtype);
    const bool is_float = name_of(dtype).find("float") != std::string_view::npos;
    EXPECT_EQ(is_floating_point(dtype), is_float && !is_narrow(dtype));
  }
  EXPECT_EQ(size_of(DType::kBFloat16), 2U);
  EXPECT_EQ(size_of(DType::kFloat64), 8U);
  EXPECT_EQ(size_of(DType::kBool), 1U);
  EXPECT_NE(error_message(ErrorCode::kInvalidArgument, [] { parse_dtype("float"); })
                .find("unknown dtype 'float'; the known ones are float32, float64"),
            std::string::npos);
}

// The compiler's _Float16 has the conversions of the hardware or of its run-time library.
TEST(Float16, WidensExactly) {
  for (unsigned i = 0; i <= 0xffff; ++i) {
    Float16 half;
    half.bits = static_cast<std::uint16_t>(i);
    const auto ours = static_cast<float>(half);
    const auto theirs = static_cast<float>(std::bit_cast<_Float16>(half.bits));
    if (std::isnan(theirs)) {
      EXPECT_TRUE(std::isnan(ours)) << i;
    } else {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(ours), std::bit_cast<std::uint32_t>(theirs)) << i;
    }
  }
}

void expect_same_half(float value) {
  const std::uint16_t ours = Float16(value).bits;
  if (std::isnan(value)) {
    EXPECT_TRUE(std::isnan(static_cast<float>(Float16(value))));
  } else {
    const auto theirs = std::bit_cast<std::uint16_t>(static_cast<_Float16>(value));
    EXPECT_EQ(ours, theirs) << std::hexfloat << value;
  }
}

// Every binary16 value, the midpoints between neighbours and the floats beside those: all places
// where rounding can go wrong. A stride through all floats covers the rest.
TEST(Float16, NarrowsToNearestEven) {
  for (unsigned i = 0; i < 0xffff && !testing::Test::HasFailure(); ++i) {
    Float16 low;
    Float16 high;
    low.bits = static_cast<std::uint16_t>(i);
    high.bits = static_cast<std::uint16_t>(i + 1);
    const float middle = (static_cast<float>(low) + static_cast<float>(high)) / 2;
    for (const float value : {static_cast<float>(low), middle, std::nextafter(middle, 1e30F),
                              std::nextafter(middle, -1e30F)})
      expect_same_half(value);
  }
}

TEST(Float16, NarrowsAllOverTheRange) {
  for (std::uint64_t bits = 0; bits <= 0xffffffffU && !testing::Test::HasFailure(); bits += 4099)
    expect_same_half(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  expect_same_half(std::numeric_limits<float>::infinity());
  expect_same_half(65519.0F);
  expect_same_half(65520.0F);
}

TEST(BFloat16, RoundTripsAllValues) {
  for (unsigned i = 0; i <= 0xffff; ++i) {
    BFloat16 value;
    value.bits = static_cast<std::uint16_t>(i);
    const auto wide = static_cast<float>(value);
    if (std::isnan(wide)) {
      EXPECT_TRUE(std::isnan(static_cast<float>(BFloat16(wide)))) << i;
    } else {
      EXPECT_EQ(BFloat16(wide).bits, value.bits) << i;
    }
  }
}

/// Rounds by comparing the distances to the neighbours, in double.
std::uint16_t nearest_bfloat16(float value) {
  const auto below = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16);
  const auto above = static_cast<std::uint16_t>(below + 1);
  const auto widen = [](std::uint16_t bits) -> double {
    // The value that would follow the largest finite one is 2^128.
    if ((bits & 0x7fffU) == 0x7f80U) return (bits & 0x8000U) != 0 ? -0x1p128 : 0x1p128;
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
  };
  const double down = std::fabs(value - widen(below));
  const double up = std::fabs(widen(above) - value);
  if (down != up) return down < up ? below : above;
  return below % 2 == 0 ? below : above;
}

TEST(BFloat16, NarrowsToNearestEven) {
  for (std::uint64_t bits = 0; bits <= 0xffffffffU && !testing::Test::HasFailure(); bits += 1021) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    if (std::isnan(value) || std::isinf(value)) continue;
    EXPECT_EQ(BFloat16(value).bits, nearest_bfloat16(value)) << std::hexfloat << value;
  }
  EXPECT_EQ(BFloat16(std::bit_cast<float>(0x3f808000U)).bits, 0x3f80U);
  EXPECT_EQ(BFloat16(std::bit_cast<float>(0x3f818000U)).bits, 0x3f82U);
  EXPECT_EQ(BFloat16(std::numeric_limits<float>::infinity()).bits, 0x7f80U);
  EXPECT_TRUE(std::isnan(static_cast<float>(BFloat16(std::bit_cast<float>(0x7f800001U)))));
}

}  // namespace
}  // namespace headway
