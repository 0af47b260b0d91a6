#include "ops/op_testing.h"

namespace headway {
namespace {

bool matches(const std::string& text, const std::string& pattern) {
  const Tensor x = Tensor::from<std::string>({1}, {text});
  return *run_op("RegexFullMatch", {x}, {{"pattern", pattern}}).data<bool>();
}

TEST(RegexFullMatch, MatchesTheWholeOfCharactersNotBytes) {
  EXPECT_TRUE(matches("aab", "a+b"));
  EXPECT_FALSE(matches("aabc", "a+b"));
  EXPECT_TRUE(matches("\xc3\xa9", "."));
  EXPECT_TRUE(matches("\xc3\xa9t\xc3\xa9", "\\pL{3}"));
}

/// Neither recursion nor backtracking: as long as it takes to read the text.
TEST(RegexFullMatch, TakesLongTexts) {
  const std::string text(1 << 20, 'a');
  EXPECT_TRUE(matches(text, "(a|aa)*"));
  EXPECT_FALSE(matches(text, "(a*)*b"));
}

TEST(RegexFullMatch, RefusesPatternsThatAreNone) {
  for (const char* pattern : {"(a", "(?=a)b", "a{2000}"})
    expect_error(ErrorCode::kInvalidModel, {"the pattern", "cannot be used"},
                 [&] { matches("a", pattern); });
}

}  // namespace
}  // namespace headway
