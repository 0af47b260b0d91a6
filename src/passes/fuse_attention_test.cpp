#include "passes/pass_testing.h"
#include "passes/passes.h"

namespace headway {
namespace {

const std::string kConstants = R"({
    %heads: int64[4] = constant {0, 0, 2, 4}
    %row: int64[3] = constant {0, 0, 8}
    %eight: float32[] = constant {8.0}
    %tenth: float32[] = constant {0.1}
    %rows: float32[5] = constant random(7)
)";

/// Heads side by side in the rows of separate tensors, as BERT has them.
std::string separate(const std::string& scores, const std::string& outputs = "%y",
                     const std::string& mask = "[2,1,1,5]") {
  return "graph net (%q: float32[2,3,8], %k: float32[2,5,8], %v: float32[2,5,8], %m: float32" +
         mask + ") -> (" + outputs + ") " + kConstants + R"(
    %qr = Reshape(%q, %heads)
    %qh = Transpose(%qr) {perm = [0, 2, 1, 3]}
    %kr = Reshape(%k, %heads)
    %kt = Transpose(%kr) {perm = [0, 2, 3, 1]}
    %vr = Reshape(%v, %heads)
    %vh = Transpose(%vr) {perm = [0, 2, 1, 3]}
    %p = MatMul(%qh, %kt)
  )" + scores +
         R"(
    %y = MatMul(%s, %vh)
  })";
}

const std::string kSplit = "Reshape Transpose Reshape Transpose Reshape Transpose ";

TEST(FuseAttention, SeparateOperands) {
  EXPECT_EQ(operators_after(kFuseAttention, separate("%s = Softmax(%p)")), "FusedAttention");
  EXPECT_EQ(operators_after(kFuseAttention,
                            separate("%d = Div(%p, %eight)\n%s = Softmax(%d) {axis = 3}")),
            "FusedAttention");
}

TEST(FuseAttention, Masks) {
  const std::string masked = "%d = Mul(%p, %tenth)\n%a = Add(%m, %d)\n%s = Softmax(%a)";
  for (const std::string mask :
       {"[2,1,1,5]", "[3,5]", "[1,2,3,5]", "[2,2,3,5]", "[2,1,3,1]", "[]"}) {
    EXPECT_EQ(operators_after(kFuseAttention, separate(masked, "%y", mask)), "FusedAttention")
        << mask;
  }
  EXPECT_EQ(operators_after(kFuseAttention, separate("%a = Add(%p, %rows)\n%s = Softmax(%a)")),
            "FusedAttention");
}

TEST(FuseAttention, MaskThatWasFusedAlready) {
  std::string text = separate("%s = Softmax(%p)", "%y", "[2,2,3,5]");
  text.replace(text.find("MatMul(%qh, %kt)"), 16, "headway.FusedMatMul(%qh, %kt, _, %m)");
  EXPECT_EQ(operators_after(kFuseAttention, text), "FusedAttention");
}

TEST(FuseAttention, ScaledOperands) {
  std::string text = separate("%s = Softmax(%p)");
  text.replace(text.find("%p = MatMul(%qh, %kt)"), 21,
               "%qs = Mul(%qh, %tenth)\n%ks = Div(%kt, %eight)\n%p = MatMul(%qs, %ks)");
  EXPECT_EQ(operators_after(kFuseAttention, text), "FusedAttention");
}

TEST(FuseAttention, OnePackedTensorWithTokensFirst) {
  EXPECT_EQ(operators_after(kFuseAttention, R"(graph net (%x: float32[5,3,24]) -> (%y) {
    %shape: int64[3] = constant {5, 6, 4}
    %two: float32[] = constant {2.0}
    %q, %k, %v = Split(%x) {axis = -1}
    %qr = Reshape(%q, %shape)
    %qh = Transpose(%qr) {perm = [1, 0, 2]}
    %kr = Reshape(%k, %shape)
    %kt = Transpose(%kr) {perm = [1, 2, 0]}
    %vr = Reshape(%v, %shape)
    %vh = Transpose(%vr) {perm = [1, 0, 2]}
    %qs = Div(%qh, %two)
    %p = MatMul(%qs, %kt)
    %s = Softmax(%p)
    %y = MatMul(%s, %vh)
  })"),
            "FusedAttention");
}

TEST(FuseAttention, OneTransposeForAllThree) {
  EXPECT_EQ(operators_after(kFuseAttention, R"(graph net (%x: float32[2,5,24]) -> (%y) {
    %shape: int64[5] = constant {2, 5, 3, 2, 4}
    %0: int64[] = constant {0}
    %1: int64[] = constant {1}
    %2: int64[] = constant {2}
    %r = Reshape(%x, %shape)
    %t = Transpose(%r) {perm = [2, 0, 3, 1, 4]}
    %q = Gather(%t, %0)
    %k = Gather(%t, %1)
    %v = Gather(%t, %2)
    %kt = Transpose(%k) {perm = [0, 1, 3, 2]}
    %p = MatMul(%q, %kt)
    %s = Softmax(%p)
    %y = MatMul(%s, %v)
  })"),
            "FusedAttention");
}

TEST(FuseAttention, WithoutHeadsAndWithSharedKeys) {
  EXPECT_EQ(operators_after(kFuseAttention, R"(graph net (%q: float32[3,4], %k: float32[5,4],
      %v: float32[5,6]) -> (%y) {
    %kt = Transpose(%k)
    %p = MatMul(%q, %kt)
    %s = Softmax(%p)
    %y = MatMul(%s, %v)
  })"),
            "FusedAttention");
  EXPECT_EQ(operators_after(kFuseAttention, R"(graph net (%q: float32[2,3,7,4],
      %k: float32[2,1,5,4], %v: float32[2,1,5,6]) -> (%y) {
    %kt = Transpose(%k) {perm = [0, 1, 3, 2]}
    %p = MatMul(%q, %kt)
    %s = Softmax(%p)
    %y = MatMul(%s, %v)
  })"),
            "FusedAttention");
}

TEST(FuseAttention, LeavesOtherOrders) {
  EXPECT_EQ(operators_after(kFuseAttention, separate("%s = Softmax(%p) {axis = 2}")),
            kSplit + "MatMul Softmax MatMul");
  EXPECT_EQ(operators_after(kFuseAttention,
                            separate("%a = Add(%p, %m)\n%d = Div(%a, %eight)\n%s = Softmax(%d)")),
            kSplit + "MatMul Add Div Softmax MatMul");
  EXPECT_EQ(operators_after(kFuseAttention,
                            separate("%a = Add(%p, %m)\n%b = Add(%a, %m)\n%s = Softmax(%b)")),
            kSplit + "MatMul Add Add Softmax MatMul");
}

TEST(FuseAttention, LeavesScoresThatOthersRead) {
  EXPECT_EQ(operators_after(kFuseAttention, separate("%s = Softmax(%p)", "%y, %s")),
            kSplit + "MatMul Softmax MatMul");
  EXPECT_EQ(operators_after(kFuseAttention, separate("%s = Softmax(%p)", "%y, %p")),
            kSplit + "MatMul Softmax MatMul");
}

TEST(FuseAttention, LeavesKeysStoredTransposed) {
  EXPECT_EQ(operators_after(kFuseAttention, R"(graph net (%q: float32[3,4], %k: float32[4,5],
      %v: float32[5,6]) -> (%y) {
    %p = MatMul(%q, %k)
    %s = Softmax(%p)
    %y = MatMul(%s, %v)
  })"),
            "MatMul Softmax MatMul");
}

TEST(FuseAttention, WaitsForKnownExtents) {
  EXPECT_EQ(operators_after(kFuseAttention, R"(graph net (%q: float32[N,3,4], %k: float32[N,5,4],
      %v: float32[N,5,6]) -> (%y) {
    %kt = Transpose(%k) {perm = [0, 2, 1]}
    %p = MatMul(%q, %kt)
    %s = Softmax(%p)
    %y = MatMul(%s, %v)
  })"),
            "Transpose MatMul Softmax MatMul");
}

}  // namespace
}  // namespace headway
