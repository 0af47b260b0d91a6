#include "passes/block_channels.h"
#include "passes/pass_testing.h"

namespace headway {
namespace {

constexpr std::int64_t kBlock = 4;

/// %a has 6 channels, %b has 10 and %c has 8; all are computed by convolutions.
std::string net(const std::string& body, const std::string& outputs = "%y", int batch = 2) {
  const std::string images = std::to_string(batch);
  return "graph net (%x: float32[" + images + ",5,3,4]) -> (" + outputs + R"() {
    %wa: float32[6,5,1,1] = constant random(1)
    %wb: float32[10,5,1,1] = constant random(2)
    %wc: float32[8,5,1,1] = constant random(3)
    %a = Conv(%x, %wa)
    %b = Conv(%x, %wb)
    %c = Conv(%x, %wc)
  )" + body +
         "\n}\n";
}

std::string blocked_operators(const std::string& text) {
  const std::string all =
      operators_after([](Graph& graph) { block_channels(graph, kBlock); }, text);
  // What is at the edges of all these graphs: the input put in blocks, the three convolutions.
  std::string rest;
  std::size_t from = 0;
  while (from < all.size()) {
    const std::size_t end = std::min(all.find(' ', from), all.size());
    const std::string name = all.substr(from, end - from);
    if (name != "BlockChannels" && name != "BlockedConv" && name != "UnblockChannels") {
      rest += rest.empty() ? name : ' ' + name;
    }
    from = end + 1;
  }
  return rest;
}

/// The channels of the nth SelectChannels of the blocked graph.
std::vector<std::int64_t> indices_after(const std::string& text, std::size_t nth = 0) {
  Graph graph = typed_graph(text);
  block_channels(graph, kBlock);
  for (const Node* node : graph.nodes()) {
    if (node->is("SelectChannels", "headway") && nth-- == 0) return node->get_ints("indices", {});
  }
  return {};
}

using Indices = std::vector<std::int64_t>;

TEST(SelectChannels, MisalignedConcat) {
  EXPECT_EQ(blocked_operators(net("%y = Concat(%a, %b) {axis = 1}")), "SelectChannels");
  EXPECT_EQ(blocked_operators(net("%y = Concat(%a, %b, %c, %a) {axis = -3}")), "SelectChannels");
}

TEST(SelectChannels, ConcatOfWholeBlocksStays) {
  EXPECT_EQ(blocked_operators(net("%y = Concat(%c, %c, %a) {axis = 1}")), "Concat");
  EXPECT_EQ(blocked_operators(net("%y = Concat(%a, %a) {axis = 2}")), "Concat");
}

TEST(SelectChannels, SplitIntoAnySizes) {
  EXPECT_EQ(blocked_operators(net("%y, %z = Split(%b) {axis = 1, num_outputs = 2}", "%y, %z")),
            "SelectChannels SelectChannels");
  const std::string sizes = "%s: int64[3] = constant {3, 6, 1}\n";
  const std::string split = sizes + "%y, %u, %z = Split(%b, %s) {axis = -3}";
  EXPECT_EQ(blocked_operators(net(split, "%z, %y")), "SelectChannels SelectChannels");
  EXPECT_EQ(indices_after(net(split, "%z")), Indices{9});
}

TEST(SelectChannels, SliceOfChannels) {
  const std::string bounds =
      "%s: int64[1] = constant {-2}\n%e: int64[1] = constant {1}\n%ax: int64[1] = constant {1}\n"
      "%st: int64[1] = constant {-3}\n";
  const std::string slice = net(bounds + "%y = Slice(%b, %s, %e, %ax, %st)");
  EXPECT_EQ(blocked_operators(slice), "SelectChannels");
  EXPECT_EQ(indices_after(slice), (Indices{8, 5, 2}));
}

TEST(SelectChannels, SliceOfPixelsStays) {
  const std::string bounds =
      "%s: int64[2] = constant {1, 1}\n%e: int64[2] = constant {5, 3}\n"
      "%ax: int64[2] = constant {1, 2}\n";
  EXPECT_EQ(blocked_operators(net(bounds + "%y = Slice(%b, %s, %e, %ax)")), "Slice");
}

TEST(SelectChannels, GatherOfChannels) {
  const std::string gather =
      net("%i: int64[3] = constant {7, -1, 7}\n%y = Gather(%b, %i) {axis = 1}");
  EXPECT_EQ(blocked_operators(gather), "SelectChannels");
  EXPECT_EQ(indices_after(gather), (Indices{7, 9, 7}));
  EXPECT_EQ(blocked_operators(net("%i: int64[1] = constant {2}\n%y = Gather(%b, %i) {axis = 2}")),
            "Gather");
}

std::string shuffle(const std::string& from, const std::string& to, const std::string& grouped,
                    const std::string& order, const std::string& image) {
  const auto rank = 1 + std::count(grouped.begin(), grouped.end(), ',');
  return "%g" + to + ": int64[" + std::to_string(rank) + "] = constant {" + grouped + "}\n%i" + to +
         ": int64[4] = constant {" + image + "}\n%r" + to + " = Reshape(%" + from + ", %g" + to +
         ")\n%t" + to + " = Transpose(%r" + to + ") {perm = [" + order + "]}\n%" + to +
         " = Reshape(%t" + to + ", %i" + to + ")\n";
}

TEST(SelectChannels, ChannelShuffle) {
  const std::string two = net(shuffle("b", "y", "2, 2, 5, 3, 4", "0, 2, 1, 3, 4", "2, -1, 3, 4"));
  EXPECT_EQ(blocked_operators(two), "SelectChannels");
  EXPECT_EQ(indices_after(two), (Indices{0, 5, 1, 6, 2, 7, 3, 8, 4, 9}));
  const std::string three = net(shuffle("c", "y", "2, 2, 2, 2, 12", "0, 3, 2, 1, 4", "2, 8, 3, 4"));
  EXPECT_EQ(blocked_operators(three), "SelectChannels");
  EXPECT_EQ(indices_after(three), (Indices{0, 4, 2, 6, 1, 5, 3, 7}));
}

TEST(SelectChannels, ChannelShuffleOfOneImage) {
  EXPECT_EQ(
      blocked_operators(net(shuffle("b", "y", "5, 2, 3, 4", "1, 0, 2, 3", "1, 10, 3, 4"), "%y", 1)),
      "SelectChannels");
  EXPECT_EQ(
      blocked_operators(net("%p = GlobalAveragePool(%b)\n" +
                                shuffle("p", "y", "1, 2, 5, 1, 1", "0, 2, 1, 3, 4", "1, 10, 1, 1"),
                            "%y", 1)),
      "ReduceMean SelectChannels");
}

TEST(SelectChannels, OtherRearrangementsStay) {
  const std::string stays = "Reshape Transpose Reshape";
  EXPECT_EQ(
      blocked_operators(net(shuffle("b", "y", "2, 2, 5, 3, 4", "0, 2, 1, 4, 3", "2, 10, 3, 4"))),
      stays);
  EXPECT_EQ(
      blocked_operators(net(shuffle("b", "y", "2, 2, 5, 3, 4", "1, 2, 0, 3, 4", "2, 10, 3, 4"))),
      stays);
  EXPECT_EQ(blocked_operators(net(shuffle("b", "y", "2, 10, 12, 1", "0, 2, 1, 3", "2, 10, 3, 4"))),
            stays);
  EXPECT_EQ(
      blocked_operators(net(shuffle("b", "y", "2, 2, 5, 3, 4", "0, 2, 1, 3, 4", "2, 20, 3, 2"))),
      stays);
}

/// Concat, shuffle and split, as in ShuffleNet v2.
const std::string kUnit = "%j = Concat(%a, %b) {axis = 1}\n" +
                          shuffle("j", "h", "2, 2, 8, 3, 4", "0, 2, 1, 3, 4", "2, 16, 3, 4") +
                          "%y, %z = Split(%h) {axis = 1, num_outputs = 2}\n";

TEST(SelectChannels, SelectionsInARowBecomeOne) {
  EXPECT_EQ(blocked_operators(net(kUnit, "%y, %z")), "SelectChannels SelectChannels");
  EXPECT_EQ(indices_after(net(kUnit)), (Indices{0, 8, 1, 9, 2, 10, 3, 11}));
  EXPECT_EQ(blocked_operators(net(kUnit, "%y, %j")), "SelectChannels SelectChannels");
}

TEST(SelectChannels, ReadsBehindAConcatOfWholeBlocks) {
  const std::string body =
      "%j = Concat(%c, %a) {axis = 1}\n%i: int64[3] = constant {9, 1, 13}\n"
      "%y = Gather(%j, %i) {axis = 1}";
  EXPECT_EQ(blocked_operators(net(body)), "SelectChannels");
  EXPECT_EQ(indices_after(net(body)), (Indices{1, 7, 5}));
}

TEST(SelectChannels, WhatDoesNothingVanishes) {
  EXPECT_EQ(blocked_operators(net(
                "%u, %v = Split(%b) {axis = 1, num_outputs = 2}\n%y = Concat(%u, %v) {axis = 1}")),
            "");
  const std::string there = shuffle("b", "s", "2, 2, 5, 3, 4", "0, 2, 1, 3, 4", "2, 10, 3, 4");
  const std::string back = shuffle("s", "y", "2, 5, 2, 3, 4", "0, 2, 1, 3, 4", "2, 10, 3, 4");
  EXPECT_EQ(blocked_operators(net(there + back)), "");
}

TEST(SelectChannels, PartsThatMeetAgainAreOneInputOfAConcat) {
  EXPECT_EQ(blocked_operators(net("%u, %v = Split(%c) {axis = 1, num_outputs = 2}\n"
                                  "%r = Relu(%v)\n%y = Concat(%u, %v, %r) {axis = 1}")),
            "SelectChannels Relu Concat");
}

TEST(SelectChannels, PlainImagesStay) {
  EXPECT_EQ(blocked_operators("graph g (%x: float32[1,8,3,3], %z: float32[1,3,3,3]) -> (%y, %u) {\n"
                              "%u, %v = Split(%x) {axis = 1, num_outputs = 2}\n"
                              "%y = Concat(%v, %z) {axis = 1}\n}\n"),
            "Split Concat");
}

}  // namespace
}  // namespace headway
