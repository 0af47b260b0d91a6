#include "passes/pass_testing.h"
#include "passes/passes.h"

namespace headway {
namespace {

std::string net(const std::string& body, const std::string& outputs = "%y") {
  return "graph net (%x: float32[2,3,5,5]) -> (" + outputs + R"() {
    %w: float32[4,3,3,3] = constant random(1)
    %b: float32[4] = constant random(2)
    %column: float32[4,1,1] = constant random(3)
    %image: float32[1,4,1,1] = constant random(4)
    %row: float32[3] = constant random(5)
    %two: float32[] = constant {2.0}
    %c = Conv(%x, %w, %b)
  )" + body +
         "\n}\n";
}

TEST(FoldScale, FoldsPerChannelFactorsAndShifts) {
  EXPECT_EQ(operators_after(kFoldScale, net("%y = Mul(%c, %column)")), "Conv");
  EXPECT_EQ(operators_after(kFoldScale, net("%y = Mul(%image, %c)")), "Conv");
  EXPECT_EQ(operators_after(kFoldScale, net("%y = Add(%image, %c)")), "Conv");
  EXPECT_EQ(operators_after(kFoldScale, net("%y = Mul(%c, %two)")), "Conv");
}

TEST(FoldScale, FoldsAChain) {
  EXPECT_EQ(operators_after(kFoldScale, net("%m = Mul(%c, %column)\n%y = Add(%m, %image)")),
            "Conv");
}

TEST(FoldScale, LeavesFactorsAlongOtherAxes) {
  EXPECT_EQ(operators_after(kFoldScale, net("%y = Mul(%c, %row)")), "Conv Mul");
}

TEST(FoldScale, LeavesFactorsThatEnlargeTheResult) {
  EXPECT_EQ(operators_after(kFoldScale, net("%e: float32[1,1,4,1,1] = constant random(6)\n"
                                            "%y = Mul(%c, %e)")),
            "Conv Mul");
}

TEST(FoldScale, LeavesWhatOthersRead) {
  EXPECT_EQ(operators_after(kFoldScale, net("%y = Mul(%c, %two)\n%z = Relu(%c)", "%y, %z")),
            "Conv Mul Relu");
}

TEST(FoldScale, LeavesTwoComputedFactors) {
  EXPECT_EQ(operators_after(kFoldScale, net("%y = Mul(%c, %c)")), "Conv Mul");
}

}  // namespace
}  // namespace headway
