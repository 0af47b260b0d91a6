#include "formats/torchscript/interface.h"

#include <gtest/gtest.h>

#include "graph/text.h"

namespace headway::torchscript {
namespace {

TEST(Interface, ParsesWhatItPrints) {
  const Graph graph = parse_graph("graph g (%ids: int64[N,7]) -> (%y) { %y = Neg(%ids) }");
  const std::string text = print_interface(graph);
  EXPECT_EQ(text, "input int64[N,7] ids\noutput y\n");
  const auto interface = parse_interface(text);
  ASSERT_TRUE(interface);
  ASSERT_EQ(interface->inputs.size(), 1u);
  EXPECT_EQ(interface->inputs[0].first, "ids");
  EXPECT_EQ(interface->inputs[0].second.to_string(), "int64[N,7]");
  EXPECT_EQ(interface->outputs, std::vector<std::string>{"y"});
}

TEST(Interface, RefusesWhatIsMalformed) {
  for (const std::string_view text :
       {"x", "input float32[N", "input what[N] x", "input float32[N]x", "output y\nelse\n"})
    EXPECT_FALSE(parse_interface(text)) << text;
}

}  // namespace
}  // namespace headway::torchscript
