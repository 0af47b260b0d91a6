#include "bench/runtimes.h"

#include <gtest/gtest.h>

#include "headway/error.h"

namespace headway::bench {
namespace {

TEST(ParseRows, DefaultRowsAreThoseOfTheRegistry) {
  const std::vector<RowSpec> rows = parse_rows("", false);
  std::size_t expected = 0;
  for (const RuntimeKind& kind : runtime_kinds()) expected += kind.by_default;
  EXPECT_EQ(rows.size(), expected);
  EXPECT_EQ(rows.front().id, "headway");
}

TEST(ParseRows, OptionsBelongToTheRowBefore) {
  const auto rows = parse_rows("fake:delay=1ms,jitter=10us,headway,fake:delay=2ms", false);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].id, "fake:delay=1ms,jitter=10us");
  EXPECT_EQ(rows[0].options, (Settings{{"delay", "1ms"}, {"jitter", "10us"}}));
  EXPECT_EQ(rows[1].worker, "headway");
  EXPECT_EQ(rows[2].options, (Settings{{"delay", "2ms"}}));
}

TEST(ParseRows, ALibraryOfTheUsers) {
  const auto rows = parse_rows("onnxruntime,onnxruntime@/opt/a=b/libonnxruntime.so.1", false);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].options.at("library"), "/opt/a=b/libonnxruntime.so.1");
  EXPECT_NE(rows[0].title, rows[1].title);
}

TEST(ParseRows, TunedRowsComeInAddition) {
  const auto rows = parse_rows("headway,onnxruntime", true);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_FALSE(rows[1].tuned);
  EXPECT_TRUE(rows[2].tuned);
}

TEST(ParseRows, MistakesAreNamed) {
  for (const char* list : {"nosuch", "headway,headway", "fake:delay", "fake:=1", "jitter=1us"}) {
    EXPECT_THROW(parse_rows(list, false), Error) << list;
  }
}

TEST(Registry, EveryMissingRuntimeHasAFix) {
  for (const RuntimeKind& kind : runtime_kinds()) EXPECT_FALSE(kind.fix.empty()) << kind.id;
}

}  // namespace
}  // namespace headway::bench
