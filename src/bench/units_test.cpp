#include "bench/units.h"

#include <gtest/gtest.h>

#include "headway/error.h"

namespace headway::bench {
namespace {

TEST(ParseDuration, Units) {
  EXPECT_EQ(parse_duration("5ms", "--x"), 5'000'000);
  EXPECT_EQ(parse_duration("0.2 ms", "--x"), 200'000);
  EXPECT_EQ(parse_duration("60s", "--x"), 60'000'000'000);
  EXPECT_EQ(parse_duration("2m", "--x"), 120'000'000'000);
  EXPECT_EQ(parse_duration("500us", "--x"), 500'000);
  EXPECT_EQ(parse_duration("0", "--x"), 0);
}

TEST(ParseDuration, RefusesWhatIsNone) {
  for (const char* text : {"", "5", "ms", "-5ms", "5 parsecs", "nan s", "1e300s", "inf s"}) {
    EXPECT_THROW(parse_duration(text, "--x"), Error) << text;
  }
}

TEST(ParseFraction, PercentOrNumber) {
  EXPECT_DOUBLE_EQ(parse_fraction("2%", "--x"), 0.02);
  EXPECT_DOUBLE_EQ(parse_fraction("0.5", "--x"), 0.5);
  EXPECT_THROW(parse_fraction("2 apples", "--x"), Error);
}

TEST(Significant, KeepsDigitsNotDecimals) {
  EXPECT_EQ(significant(0.012345, 3), "0.0123");
  EXPECT_EQ(significant(12.345, 3), "12.3");
  EXPECT_EQ(significant(1234.5, 3), "1234");
  EXPECT_EQ(significant(9.996, 3), "10.0");
  EXPECT_EQ(significant(0, 3), "0");
  EXPECT_EQ(significant(1.0 / 0.0, 3), "–");
}

TEST(Format, PicksAUnit) {
  EXPECT_EQ(format_duration(63.7e6), "63.7 ms");
  EXPECT_EQ(format_duration(840), "840 ns");
  EXPECT_EQ(format_duration(999.9e6), "1.00 s");
  EXPECT_EQ(format_bytes(104e6), "104 MB");
  EXPECT_EQ(format_count(25.6e6), "25.6 M");
  EXPECT_EQ(format_count(1000), "1000");
  EXPECT_EQ(format_percent(0.006), "0.6 %");
}

}  // namespace
}  // namespace headway::bench
