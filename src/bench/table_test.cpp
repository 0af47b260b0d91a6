#include "bench/table.h"

#include <gtest/gtest.h>

namespace headway::bench {
namespace {

TEST(Table, AlignsByCellsNotBytes) {
  Table table({{"name", true}, {"time"}});
  table.add({"µs", "1"});
  table.add({"long name", "12.5"}, true);
  EXPECT_EQ(table.to_text(false),
            "name       time\n"
            "───────────────\n"
            "µs            1\n"
            "long name  12.5\n");
}

TEST(Table, Markdown) {
  Table table({{"name", true}, {"time"}});
  table.add({"a|b", "1"}, true);
  EXPECT_EQ(table.to_markdown(),
            "| name | time |\n"
            "| :-- | --: |\n"
            "| **a\\|b** | **1** |\n");
}

TEST(Wrap, BreaksAtSpacesAndKeepsLongWords) {
  EXPECT_EQ(wrap("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrap("a-very-long-word b", 5), (std::vector<std::string>{"a-very-long-word", "b"}));
  EXPECT_EQ(wrap("", 5), (std::vector<std::string>{""}));
}

}  // namespace
}  // namespace headway::bench
