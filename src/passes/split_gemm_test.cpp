#include "passes/pass_testing.h"
#include "passes/passes.h"

namespace headway {
namespace {

std::string after(const std::string& addend, const std::string& attributes) {
  return operators_after(kSplitGemm, "graph net (%a: float32[4,3], %b: float32[3,5], %c: float32" +
                                         addend + ") -> (%y) {\n%y = Gemm(%a, %b, %c) {" +
                                         attributes + "}\n}");
}

TEST(SplitGemm, AFactorOfTheAddend) {
  EXPECT_EQ(after("[4,5]", "beta = 0.5"), "Mul Gemm");
  EXPECT_EQ(after("[5]", "beta = 0.0, alpha = 2.0"), "Mul Gemm");
  EXPECT_EQ(after("[4,1]", "beta = 0.5"), "Mul Gemm Add");
}

TEST(SplitGemm, AddendsThatAreNoRows) {
  EXPECT_EQ(after("[4,1]", "alpha = 2.0"), "Gemm Add");
  EXPECT_EQ(after("[]", ""), "Gemm Add");
}

TEST(SplitGemm, LeavesRowsAndWholeMatrices) {
  for (const std::string shape : {"[4,5]", "[5]", "[1,5]"}) EXPECT_EQ(after(shape, ""), "Gemm");
}

}  // namespace
}  // namespace headway
