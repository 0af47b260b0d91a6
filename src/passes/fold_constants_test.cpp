#include "passes/pass_testing.h"
#include "passes/passes.h"

namespace headway {
namespace {

TEST(FoldConstants, ComputesWhatDependsOnNothing) {
  EXPECT_EQ(operators_after(kFoldConstants, R"(graph net (%x: float32[2,3]) -> (%y) {
    %a: float32[3] = constant random(1)
    %b = Relu(%a)
    %c = Mul(%b, %a)
    %y = Add(%x, %c)
  })"),
            "Add");
}

TEST(FoldConstants, ReadsStaticShapes) {
  EXPECT_EQ(operators_after(kFoldConstants, R"(graph net (%x: float32[2,3,4]) -> (%y) {
    %r = Relu(%x)
    %s = Shape(%r)
    %y = Reshape(%x, %s)
  })"),
            "Reshape");
}

TEST(FoldConstants, LeavesSymbolicShapes) {
  EXPECT_EQ(operators_after(kFoldConstants, R"(graph net (%x: float32[N,3,4]) -> (%y) {
    %s = Shape(%x)
    %y = Reshape(%x, %s)
  })"),
            "Shape Reshape");
}

TEST(FoldConstants, FoldsAnOutput) {
  EXPECT_EQ(operators_after(kFoldConstants, R"(graph net (%x: float32[2]) -> (%y, %z) {
    %a: float32[2] = constant {1.0, -1.0}
    %y = Relu(%a)
    %z = Relu(%x)
  })"),
            "Relu");
}

/// The mask of shifted windows, as torchvision's Swin transformers compute it.
TEST(FoldConstants, ComputesMasks) {
  EXPECT_EQ(operators_after(kFoldConstants, R"(graph net (%scores: float32[64,49,49]) -> (%y) {
    %columns: float32[64,1,49] = constant random(1)
    %rows: float32[64,49,1] = constant random(1)
    %zero: float32[] = constant {0.0}
    %low: float32[] = constant {-100.0}
    %difference = Sub(%columns, %rows)
    %same = Equal(%difference, %zero)
    %other = Not(%same)
    %mask = Where(%other, %low, %difference)
    %y = Add(%scores, %mask)
  })"),
            "Add");
}

TEST(FoldConstants, DequantizesWeightsButNotTables) {
  const auto after = [](const std::string& last) {
    return operators_after(kFoldConstants,
                           R"(graph net (%x: float32[2,1024]) -> (%y) {
    %i: int64[2] = constant {3, 1}
    %f: float32[1024,1024] = constant random(1)
    %s: float32[] = constant {0.5}
    %q = QuantizeLinear(%f, %s)
    %w = DequantizeLinear(%q, %s)
    )" + last + "\n  }");
  };
  EXPECT_EQ(after("%y = MatMul(%x, %w)"), "MatMul");
  EXPECT_EQ(after("%y = Gather(%w, %i)"), "DequantizeLinear Gather");
  EXPECT_EQ(after("%y = MatMul(%w, %w)"), "DequantizeLinear MatMul");
}

TEST(FoldConstants, LeavesResultsMuchLargerThanTheirInputs) {
  EXPECT_EQ(operators_after(kFoldConstants, R"(graph net (%x: float32[1]) -> (%y) {
    %one: float32[1] = constant {1.0}
    %shape: int64[2] = constant {1000, 1000}
    %big = Expand(%one, %shape)
    %y = Mul(%big, %x)
  })"),
            "Expand Mul");
}

}  // namespace
}  // namespace headway
