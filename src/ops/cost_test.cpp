#include "ops/cost.h"

#include "graph/text.h"
#include "ops/conv_geometry.h"
#include "ops/op_testing.h"

namespace headway {
namespace {

/// The node that computes the output of a graph whose types are inferred.
struct Computed {
  Graph graph;
  const Node* node;

  explicit Computed(const std::string& text) : graph(parse_graph(text)) {
    infer_types(graph);
    node = graph.outputs()[0]->producer();
  }
};

std::int64_t count(const std::string& inputs, const std::string& node) {
  return multiply_adds(*Computed("graph g (" + inputs + ") -> (%y) {\n%y = " + node + "\n}").node);
}

Traffic traffic(const std::string& inputs, const std::string& node) {
  return memory_traffic(*Computed("graph g (" + inputs + ") -> (%y) {\n%y = " + node + "\n}").node);
}

TEST(Cost, CountsMatrixProducts) {
  EXPECT_EQ(count("%a: float32[2,5,3], %b: float32[3,7]", "MatMul(%a, %b)"), 2 * 5 * 3 * 7);
  EXPECT_EQ(count("%a: float32[3], %b: float32[3,7]", "MatMul(%a, %b)"), 3 * 7);
  EXPECT_EQ(count("%a: float32[5,3], %b: float32[7,3]", "Gemm(%a, %b) {transB = 1}"), 5 * 3 * 7);
  EXPECT_EQ(count("%a: float32[5,3], %b: float32[3,7]", "headway.FusedMatMul(%a, %b)"), 5 * 3 * 7);
}

TEST(Cost, CountsConvolutionsByTheirDefinition) {
  for (const auto& [x, w, attributes] :
       {std::tuple("1,6,9,8", "4,6,3,3", "{pads = [1, 1, 1, 1]}"),
        std::tuple("2,6,9,8", "4,3,3,3", "{group = 2, strides = [2, 2]}"),
        std::tuple("2,6,9,8", "6,1,5,3", "{group = 6, dilations = [2, 1]}")}) {
    for (const char* op : {"Conv", "headway.FusedConv"}) {
      const Computed conv(concat("graph g (%x: float32[", x, "], %w: float32[", w, "]) -> (%y) {\n",
                                 "%y = ", op, "(%x, %w) ", attributes, "\n}"));
      EXPECT_EQ(multiply_adds(*conv.node), conv_geometry(*conv.node).macs()) << op << attributes;
    }
  }
  EXPECT_EQ(count("%x: float32[1,1,9,8,16], %w: float32[20,6,3,3]",
                  "headway.BlockedConv(%x, %w) {block = 16, pads = [1, 1, 1, 1]}"),
            9 * 8 * 20 * 6 * 9);
  EXPECT_EQ(count("%x: float32[1,4,5,5], %w: float32[4,2,3,3]", "ConvTranspose(%x, %w)"),
            25 * 4 * 2 * 9);
}

TEST(Cost, CountsBothProductsOfAttention) {
  EXPECT_EQ(count("%q: float32[6,2,8], %kv: float32[5,2,20]",
                  "headway.FusedAttention(%q, %kv, %kv) {extents = [1, 2, 6, 5, 8, 12], "
                  "q_strides = [0, 0, 8, 16], k_strides = [0, 0, 20, 40], "
                  "v_strides = [8, 0, 20, 40], y_strides = [0, 0, 12, 24], "
                  "output_shape = [6, 2, 12]}"),
            2 * 6 * 5 * (8 + 12));
}

TEST(Cost, CountsNothingElse) {
  EXPECT_EQ(count("%a: float32[5,3], %b: float32[5,3]", "Add(%a, %b)"), 0);
  EXPECT_EQ(count("%a: float32[0,3], %b: float32[3,7]", "MatMul(%a, %b)"), 0);
  EXPECT_EQ(count("%x: float32[0,4,5,5], %w: float32[4,2,3,3]", "ConvTranspose(%x, %w)"), 0);
}

TEST(Cost, MovesEveryElementOnce) {
  const Traffic sum = traffic("%a: float32[5,3], %b: float32[3]", "Add(%a, %b)");
  EXPECT_EQ(sum.read, 4 * (15 + 3));
  EXPECT_EQ(sum.written, 4 * 15);
  EXPECT_EQ(traffic("%a: float32[5,3]", "Mul(%a, %a)").read, 4 * 15);
}

TEST(Cost, PicksOnlyWhatIsGathered) {
  const Traffic rows = traffic("%table: float32[1000,8], %ids: int64[2,3]", "Gather(%table, %ids)");
  EXPECT_EQ(rows.written, 4 * 6 * 8);
  EXPECT_EQ(rows.read, 4 * 6 * 8 + 8 * 6);
}

}  // namespace
}  // namespace headway
