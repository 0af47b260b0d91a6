#include "ops/index_limit.h"

#include <gtest/gtest.h>

#include "graph/text.h"
#include "ops/operator.h"

namespace headway {
namespace {

std::int64_t limit_in(const std::string& body) {
  Graph graph = parse_graph(
      "graph g (%ids: int64[2,3], %table: float32[100,8], %x: float32[N,8]) -> (%y) {\n" + body +
      "\n}\n");
  infer_types(graph);
  return index_limit(*graph.inputs()[0]);
}

TEST(IndexLimit, IsTheTablesHeight) {
  EXPECT_EQ(limit_in("%y = Gather(%table, %ids)"), 100);
  EXPECT_EQ(limit_in("%y = Gather(%table, %ids) {axis = -1}"), 8);
}

TEST(IndexLimit, IsSeenThroughMovement) {
  EXPECT_EQ(limit_in(R"(%axes: int64[1] = constant {0}
                        %wide = Unsqueeze(%ids, %axes)
                        %short = Cast(%wide) {to = 6}
                        %y = Gather(%table, %short))"),
            100);
}

TEST(IndexLimit, IsTheSmallestOfSeveral) {
  EXPECT_EQ(limit_in(R"(%a = Gather(%table, %ids)
                        %b = Gather(%table, %ids) {axis = 1}
                        %c = Gather(%x, %ids)
                        %y = Shape(%b))"),
            8);
}

TEST(IndexLimit, IsUnknownForOtherUses) {
  EXPECT_EQ(limit_in("%y = Cast(%ids) {to = 1}"), 0);
  EXPECT_EQ(limit_in("%y = Gather(%ids, %ids)"), 2);
  EXPECT_EQ(limit_in("%y = Gather(%x, %ids)"), 0);
  EXPECT_EQ(limit_in("%twice = Add(%ids, %ids)\n%y = Gather(%table, %twice)"), 0);
}

}  // namespace
}  // namespace headway
