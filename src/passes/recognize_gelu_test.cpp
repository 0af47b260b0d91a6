#include "passes/pass_testing.h"
#include "passes/passes.h"

namespace headway {
namespace {

std::string net(const std::string& body, const std::string& outputs = "%y") {
  return "graph net (%x: float32[2,3], %z: float32[2,3]) -> (" + outputs + R"() {
    %half: float32[] = constant {0.5}
    %one: float32[] = constant {1.0}
    %two: float32[] = constant {2.0}
    %three: float32[] = constant {3.0}
    %root: float32[] = constant {1.4142135}
    %inverse: float32[] = constant {0.70710677}
    %a: float32[] = constant {0.044715}
    %c: float32[] = constant {0.7978846}
  )" + body +
         "\n}\n";
}

const std::string kGate = "%d = Div(%x, %root)\n%e = Erf(%d)\n%g = Add(%e, %one)\n";
const std::string kTanhGate =
    "%p = Pow(%x, %three)\n%q = Mul(%p, %a)\n%s = Add(%x, %q)\n%i = Mul(%s, %c)\n"
    "%t = Tanh(%i)\n%g = Add(%t, %one)\n";

TEST(RecognizeGelu, ErfInEveryOrder) {
  for (const std::string end :
       {"%m = Mul(%x, %g)\n%y = Mul(%m, %half)", "%m = Mul(%x, %half)\n%y = Mul(%m, %g)",
        "%m = Mul(%half, %x)\n%y = Mul(%g, %m)", "%m = Mul(%g, %half)\n%y = Mul(%m, %x)",
        "%m = Div(%x, %two)\n%y = Mul(%g, %m)"}) {
    EXPECT_EQ(operators_after(kRecognizeGelu, net(kGate + end)), "Gelu") << end;
  }
  EXPECT_EQ(operators_after(kRecognizeGelu,
                            net("%d = Mul(%inverse, %x)\n%e = Erf(%d)\n%g = Add(%one, %e)\n"
                                "%m = Mul(%x, %g)\n%y = Mul(%m, %half)")),
            "Gelu");
}

TEST(RecognizeGelu, OfAProduct) {
  EXPECT_EQ(operators_after(kRecognizeGelu,
                            net("%w = Mul(%x, %z)\n%d = Div(%w, %root)\n%e = Erf(%d)\n"
                                "%g = Add(%e, %one)\n%m = Mul(%w, %g)\n%y = Mul(%m, %half)")),
            "Mul Gelu");
}

TEST(RecognizeGelu, Tanh) {
  EXPECT_EQ(
      operators_after(kRecognizeGelu, net(kTanhGate + "%h = Mul(%x, %half)\n%y = Mul(%h, %g)")),
      "Gelu");
  EXPECT_EQ(operators_after(kRecognizeGelu,
                            net("%p = Mul(%x, %x)\n%r = Mul(%p, %x)\n%q = Mul(%a, %r)\n"
                                "%s = Add(%q, %x)\n%i = Mul(%s, %c)\n%t = Tanh(%i)\n"
                                "%g = Add(%t, %one)\n%h = Mul(%x, %g)\n%y = Mul(%h, %half)")),
            "Gelu");
  EXPECT_EQ(operators_after(kRecognizeGelu,
                            net("%p = Mul(%x, %a)\n%q = Mul(%p, %x)\n%s = Add(%q, %one)\n"
                                "%u = Mul(%x, %c)\n%i = Mul(%u, %s)\n%t = Tanh(%i)\n"
                                "%g = Add(%t, %one)\n%h = Mul(%x, %half)\n%y = Mul(%h, %g)")),
            "Gelu");
}

TEST(RecognizeGelu, LeavesOtherFactorsAndOtherArguments) {
  EXPECT_EQ(operators_after(kRecognizeGelu, net(kGate + "%m = Mul(%x, %g)\n%y = Mul(%m, %two)")),
            "Div Erf Add Mul Mul");
  EXPECT_EQ(operators_after(kRecognizeGelu, net(kGate + "%m = Mul(%z, %g)\n%y = Mul(%m, %half)")),
            "Div Erf Add Mul Mul");
  EXPECT_EQ(
      operators_after(kRecognizeGelu, net("%d = Mul(%x, %root)\n%e = Erf(%d)\n%g = Add(%e, %one)\n"
                                          "%m = Mul(%x, %g)\n%y = Mul(%m, %half)")),
      "Mul Erf Add Mul Mul");
  EXPECT_EQ(
      operators_after(kRecognizeGelu, net("%p = Pow(%x, %two)\n%q = Mul(%p, %a)\n%s = Add(%x, %q)\n"
                                          "%i = Mul(%s, %c)\n%t = Tanh(%i)\n%g = Add(%t, %one)\n"
                                          "%h = Mul(%x, %half)\n%y = Mul(%h, %g)")),
      "Pow Mul Add Mul Tanh Add Mul Mul");
}

TEST(RecognizeGelu, LeavesAGateThatOthersRead) {
  EXPECT_EQ(operators_after(kRecognizeGelu,
                            net(kGate + "%m = Mul(%x, %g)\n%y = Mul(%m, %half)", "%y, %g")),
            "Div Erf Add Mul Mul");
}

}  // namespace
}  // namespace headway
