#include "passes/block_channels.h"

#include "passes/pass_testing.h"

namespace headway {
namespace {

constexpr std::int64_t kBlock = 4;

/// The operators after blocking, having checked that the graph computes what it did.
std::string blocked_operators(const std::string& text) {
  const Graph before = typed_graph(text);
  Graph after = before.clone();
  block_channels(after, kBlock);
  verify(after);
  EXPECT_EQ(after.outputs()[0]->type, before.outputs()[0]->type);
  const std::vector<Tensor> inputs = random_inputs(before, 1);
  const auto expected = run_reference(before, inputs), actual = run_reference(after, inputs);
  for (std::size_t i = 0; i < expected.size(); ++i) expect_close(actual[i], expected[i], 1e-5);
  infer_types(after);
  return operators_of(after);
}

/// Two convolutions of 6 channels with `between` from %a to %b.
std::string net(const std::string& between) {
  return R"(graph net (%x: float32[2,6,7,5]) -> (%y) {
    %w: float32[6,6,3,3] = constant random(1)
    %v: float32[6,6,1,1] = constant random(2)
    %c: float32[6,1,1] = constant random(3)
    %s: float32[] = constant {0.5}
    %g: float32[6] = constant splat(0.7)
    %a = Conv(%x, %w) {pads = [1, 1, 1, 1]}
  )" + between +
         R"(
    %y = Conv(%b, %v)
  })";
}

TEST(BlockChannels, OnlyTheEdgesAreReordered) {
  for (const std::string between :
       {"%b = Relu(%a)", "%b = headway.Silu(%a)", "%b = Add(%a, %a)", "%b = Mul(%a, %c)",
        "%b = Div(%s, %a)", "%b = MaxPool(%a) {kernel_shape = [3, 3], strides = [2, 2]}",
        "%b = AveragePool(%a) {kernel_shape = [2, 2], pads = [1, 0, 0, 1]}",
        "%b = GlobalAveragePool(%a)"}) {
    const std::string operators = blocked_operators(net(between));
    EXPECT_TRUE(operators.starts_with("BlockChannels BlockedConv ")) << operators;
    EXPECT_TRUE(operators.ends_with(" BlockedConv UnblockChannels")) << operators;
    EXPECT_EQ(operators.find("BlockChannels", 1), std::string::npos) << operators;
  }
}

TEST(BlockChannels, FewChannelsAreReadAsTheyAre) {
  EXPECT_EQ(blocked_operators(R"(graph net (%x: float32[1,3,6,6]) -> (%y) {
    %w: float32[8,3,3,3] = constant random(1)
    %y = Conv(%x, %w)
  })"),
            "BlockedConv UnblockChannels");
}

TEST(BlockChannels, AResidualIsBlockedToo) {
  EXPECT_EQ(blocked_operators(R"(graph net (%x: float32[1,8,4,4]) -> (%y) {
    %w: float32[8,8,1,1] = constant random(1)
    %a = headway.FusedConv(%x, %w) {activation = "Relu"}
    %y = headway.FusedConv(%a, %w, _, %a)
  })"),
            "BlockChannels BlockedConv BlockedConv UnblockChannels");
}

TEST(BlockChannels, WholeBlocksAreJoined) {
  EXPECT_EQ(blocked_operators(R"(graph net (%x: float32[1,8,4,4]) -> (%y) {
    %w: float32[8,8,1,1] = constant random(1)
    %v: float32[3,16,1,1] = constant random(2)
    %a = Conv(%x, %w)
    %b = Conv(%a, %w)
    %c = Concat(%a, %b) {axis = 1}
    %y = Conv(%c, %v)
  })"),
            "BlockChannels BlockedConv BlockedConv Concat BlockedConv UnblockChannels");
}

TEST(BlockChannels, ABatchNormScalesTheInputOfAPointwiseConvolution) {
  const std::string operators =
      blocked_operators(net("%b = headway.FusedBatchNormalization(%a, %g, %g, %g, %g) "
                            "{activation = \"Relu\"}"));
  EXPECT_EQ(operators, "BlockChannels BlockedConv BlockedConv UnblockChannels");
}

TEST(BlockChannels, SoDoesSqueezeAndExcite) {
  EXPECT_EQ(blocked_operators(net("%m = GlobalAveragePool(%a)\n%t = Sigmoid(%m)\n"
                                  "%b = Mul(%a, %t)")),
            "BlockChannels BlockedConv ReduceMean Sigmoid BlockedConv UnblockChannels");
}

TEST(BlockChannels, AScaleThatIsReadTwiceStays) {
  const std::string operators = blocked_operators(R"(graph net (%x: float32[1,8,4,4]) -> (%y) {
    %w: float32[8,8,1,1] = constant random(1)
    %c: float32[8,1,1] = constant random(2)
    %a = Conv(%x, %w)
    %m = Mul(%a, %c)
    %b = Conv(%m, %w)
    %y = Add(%b, %m)
  })");
  EXPECT_EQ(operators, "BlockChannels BlockedConv Mul BlockedConv Add UnblockChannels");
}

TEST(BlockChannels, AConvolutionPoolsMaximaOfFours) {
  const std::string halved = "{kernel_shape = [2, 2], strides = [2, 2]}";
  EXPECT_EQ(blocked_operators(net("%b = MaxPool(%a) " + halved)),
            "BlockChannels BlockedConv BlockedConv UnblockChannels");
  Graph graph = typed_graph(R"(graph net (%x: float32[1,6,4,4]) -> (%y) {
    %w: float32[6,6,3,3] = constant random(1)
    %a = headway.FusedConv(%x, %w) {activation = "Relu", pads = [1, 1, 1, 1]}
    %y = MaxPool(%a) )" + halved +
                            "\n}");
  block_channels(graph, kBlock);
  EXPECT_EQ(graph.nodes()[1]->get_int("max_pool", 0), 2);
  EXPECT_EQ(graph.nodes()[1]->get_string("activation", ""), "Relu");
  EXPECT_EQ(graph.nodes()[1]->output()->type.to_string(), "float32[1,2,2,2,4]");
}

TEST(BlockChannels, OtherMaximaStay) {
  const std::string halved = "{kernel_shape = [2, 2], strides = [2, 2]}";
  for (const std::string& between :
       {std::string("%b = MaxPool(%a) {kernel_shape = [2, 2]}"),
        std::string("%b = MaxPool(%a) {kernel_shape = [2, 2], strides = [2, 2], ceil_mode = 1}"),
        std::string("%b = MaxPool(%a) {kernel_shape = [2, 2], strides = [2, 2], pads = [1, 1, 0, "
                    "0]}"),
        "%p = MaxPool(%a) " + halved + "\n%q = AveragePool(%a) " + halved + "\n%b = Add(%p, %q)"}) {
    const std::string operators = blocked_operators(net(between));
    EXPECT_TRUE(operators.starts_with("BlockChannels BlockedConv MaxPool ")) << operators;
  }
  EXPECT_EQ(blocked_operators(R"(graph net (%x: float32[1,8,4,4]) -> (%y) {
    %w: float32[8,8,1,1] = constant random(1)
    %a = Conv(%x, %w)
    %y = MaxPool(%a) {kernel_shape = [2, 2], strides = [2, 2]}
  })"),
            "BlockChannels BlockedConv MaxPool UnblockChannels");
}

TEST(BlockChannels, OtherConvolutionsStay) {
  const std::string weights_from_outside = R"(graph net (%x: float32[1,8,4,4],
                                                         %w: float32[8,8,1,1]) -> (%y) {
    %y = Conv(%x, %w)
  })";
  EXPECT_EQ(blocked_operators(weights_from_outside), "Conv");
  EXPECT_EQ(blocked_operators(R"(graph net (%x: float32[1,8,9]) -> (%y) {
    %w: float32[8,8,3] = constant random(1)
    %y = Conv(%x, %w)
  })"),
            "Conv");
}

}  // namespace
}  // namespace headway
