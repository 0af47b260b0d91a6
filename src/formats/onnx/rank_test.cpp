#include "formats/onnx/rank.h"

#include <gtest/gtest.h>

#include "graph/text.h"

namespace headway::onnx {
namespace {

std::optional<std::int64_t> rank_of_output(const std::string& text) {
  const Graph graph = parse_graph(text);
  Ranks ranks;
  for (const Node* node : graph.nodes()) ranks.add(*node);
  return ranks.of(graph.outputs()[0]);
}

TEST(Ranks, FollowTheShapesThatExportersComputeForReshape) {
  EXPECT_EQ(rank_of_output(R"(graph heads (%x: float32[N,T,32]) -> (%t) {
    %zero: int64[] = constant {0}
    %axis: int64[1] = constant {0}
    %rest: int64[2] = constant {4, -1}
    %s = Shape(%x)
    %n = Gather(%s, %zero) {axis = 0}
    %u = Unsqueeze(%n, %axis)
    %shape = Concat(%u, %u, %rest) {axis = 0}
    %h = Reshape(%x, %shape)
    %t = Transpose(%h) {perm = [0, 2, 1, 3]}
  })"),
            4);
}

TEST(Ranks, CountTheAxesThatComeAndGo) {
  const std::string text = R"(graph axes (%x: float32[N,T,32]) -> (%z) {
    %axes: int64[2] = constant {0, 1}
    %last: int64[1] = constant {-1}
    %y = Unsqueeze(%x, %axes)
    %s = Shape(%y)
    %e = Expand(%x, %s)
    %z = Squeeze(%e, %last)
  })";
  EXPECT_EQ(rank_of_output(text), 4);
}

TEST(Ranks, FollowPartsOfShapes) {
  EXPECT_EQ(rank_of_output(R"(graph flat (%x: float32[N,C,H,W]) -> (%y) {
    %order: int64[4] = constant {0, 2, 3, 1}
    %from: int64[1] = constant {0}
    %to: int64[1] = constant {-2}
    %rest: int64[1] = constant {-1}
    %all = Shape(%x) {start = 0}
    %s = Gather(%all, %order) {axis = 0}
    %head = Slice(%s, %from, %to, %from)
    %shape = Concat(%head, %rest) {axis = 0}
    %y = Reshape(%x, %shape)
  })"),
            3);
}

TEST(Ranks, AreNotGuessed) {
  EXPECT_EQ(rank_of_output(R"(graph open (%x: float32[N,4], %shape: int64[K]) -> (%y) {
    %y = Reshape(%x, %shape)
  })"),
            std::nullopt);
}

}  // namespace
}  // namespace headway::onnx
