#include "base/strings.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace headway {
namespace {

TEST(Strings, PlainNames) {
  for (const char* name : {"a", "_", "layer1.0/conv-1", "N"}) EXPECT_TRUE(is_plain_name(name));
  for (const char* name : {"", "1a", ".a", "-a", "a b", "a:0", "\xc3\xa9", "a\n"})
    EXPECT_FALSE(is_plain_name(name)) << name;
}

TEST(Strings, QuoteEscapes) {
  EXPECT_EQ(quote(""), "\"\"");
  EXPECT_EQ(quote("a\"b\\c\n\t\r"), R"("a\"b\\c\n\t\x0d")");
  EXPECT_EQ(quote(std::string_view("\0\x7f", 2)), R"("\x00\x7f")");
}

TEST(Strings, QuoteKeepsOnlyWellFormedUtf8) {
  for (const char* text : {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"})
    EXPECT_EQ(quote(text), concat('"', text, '"'));
  EXPECT_EQ(quote("\xc3"), R"("\xc3")");                          // Truncated.
  EXPECT_EQ(quote("\xc3("), R"("\xc3(")");                        // No continuation.
  EXPECT_EQ(quote("\xc0\x80"), R"("\xc0\x80")");                  // Overlong.
  EXPECT_EQ(quote("\xe0\x80\x80"), R"("\xe0\x80\x80")");          // Overlong.
  EXPECT_EQ(quote("\xed\xa0\x80"), R"("\xed\xa0\x80")");          // A surrogate.
  EXPECT_EQ(quote("\xf4\x90\x80\x80"), R"("\xf4\x90\x80\x80")");  // Beyond Unicode.
}

}  // namespace
}  // namespace headway
