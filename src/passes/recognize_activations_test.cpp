#include "passes/pass_testing.h"
#include "passes/passes.h"

namespace headway {
namespace {

std::string net(const std::string& body, const std::string& outputs = "%y") {
  return "graph net (%x: float32[2,3], %z: float32[2,3]) -> (" + outputs + ") {\n" + body + "\n}\n";
}

TEST(RecognizeSilu, EitherOrder) {
  EXPECT_EQ(operators_after(kRecognizeSilu, net("%s = Sigmoid(%x)\n%y = Mul(%x, %s)")), "Silu");
  EXPECT_EQ(operators_after(kRecognizeSilu, net("%s = Sigmoid(%x)\n%y = Mul(%s, %x)")), "Silu");
}

TEST(RecognizeSilu, LeavesGates) {
  EXPECT_EQ(operators_after(kRecognizeSilu, net("%s = Sigmoid(%x)\n%y = Mul(%z, %s)")),
            "Sigmoid Mul");
  EXPECT_EQ(operators_after(kRecognizeSilu, net("%s = Sigmoid(%x)\n%y = Mul(%s, %s)")),
            "Sigmoid Mul");
}

TEST(RecognizeSilu, LeavesASigmoidThatOthersRead) {
  EXPECT_EQ(operators_after(kRecognizeSilu, net("%s = Sigmoid(%x)\n%y = Mul(%x, %s)", "%y, %s")),
            "Sigmoid Mul");
}

TEST(RecognizeHardSwish, SlopeOfOneSixth) {
  EXPECT_EQ(operators_after(kRecognizeHardSwish,
                            net("%s = HardSigmoid(%x) {alpha = 0.16666667}\n%y = Mul(%x, %s)")),
            "HardSwish");
}

TEST(RecognizeHardSwish, LeavesOtherSlopesAndOtherFactors) {
  EXPECT_EQ(operators_after(kRecognizeHardSwish, net("%s = HardSigmoid(%x)\n%y = Mul(%x, %s)")),
            "HardSigmoid Mul");
  EXPECT_EQ(operators_after(kRecognizeHardSwish,
                            net("%s = HardSigmoid(%x) {alpha = 0.16666667}\n%y = Mul(%z, %s)")),
            "HardSigmoid Mul");
}

}  // namespace
}  // namespace headway
