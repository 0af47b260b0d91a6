#include "ops/blocked.h"

#include <gtest/gtest.h>

#include "graph/text.h"
#include "ops/operator.h"

namespace headway {
namespace {

std::string graph_of(const std::string& type, const std::string& node) {
  return "graph g (%x: " + type +
         ") -> (%y) {\n%w: float32[6,6,1,1] = constant random(1)\n%y = " + node + "\n}";
}

std::string refused(const std::string& type, const std::string& node) {
  Graph graph = parse_graph(graph_of(type, node));
  try {
    infer_types(graph);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Blocked, ShapesThatContradictEachOtherAreRefused) {
  EXPECT_NE(
      refused("float32[1,2,3,3,0]", "headway.UnblockChannels(%x) {channels = 6}").find("are empty"),
      std::string::npos);
  EXPECT_NE(refused("float32[1,3,3,3,4]", "headway.UnblockChannels(%x) {channels = 6}")
                .find("do not fill"),
            std::string::npos);
  EXPECT_NE(
      refused("float32[1,1,3,3,4]", "headway.BlockedConv(%x, %w) {block = 4}").find("do not fill"),
      std::string::npos);
  EXPECT_NE(refused("float32[1,2,3,3,4]", "headway.BlockedConv(%x, %w, _, %x) {block = 6}")
                .find("the residual"),
            std::string::npos);
  EXPECT_NE(refused("float32[1,6,3,3]", "headway.BlockChannels(%x) {block = 0}").find("at least 1"),
            std::string::npos);
  EXPECT_NE(refused("float32[1,2,3,3,4]",
                    "headway.BlockedConv(%x, %w) {block = 4, input_activation = \"Tanh\"}")
                .find("neither empty nor Relu"),
            std::string::npos);
  EXPECT_NE(refused("float32[1,2,3,3,4]", "headway.BlockedConv(%x, %w) {block = 4, max_pool = 3}")
                .find("max_pool is 3"),
            std::string::npos);
  EXPECT_NE(refused("float32[1,2,3,1,4]", "headway.BlockedConv(%x, %w) {block = 4, max_pool = 2}")
                .find("no 2x2 pixels"),
            std::string::npos);
}

TEST(Blocked, OneBlockMayBeLargerThanAnyMemory) {
  EXPECT_NE(refused("float32[1,3,2,2]", "headway.BlockChannels(%x) {block = 9223372036854775806}")
                .find("larger than any memory"),
            std::string::npos);
}

TEST(Blocked, ShapesFollowFromTheBlock) {
  Graph graph = parse_graph(
      graph_of("float32[N,2,5,7,4]", "headway.BlockedConv(%x, %w) {block = 4, strides = [2, 2]}"));
  infer_types(graph);
  EXPECT_EQ(graph.outputs()[0]->type.to_string(), "float32[N,2,3,4,4]");
  graph = parse_graph(
      graph_of("float32[N,2,5,8,4]", "headway.BlockedConv(%x, %w) {block = 4, max_pool = 2}"));
  infer_types(graph);
  EXPECT_EQ(graph.outputs()[0]->type.to_string(), "float32[N,2,2,4,4]");
}

}  // namespace
}  // namespace headway
