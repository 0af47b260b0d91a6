#include "passes/pass_testing.h"
#include "passes/passes.h"

namespace headway {
namespace {

std::string net(const std::string& body, const std::string& outputs = "%y") {
  return "graph net (%x: float32[2,3,8], %z: float32[2,3,8]) -> (" + outputs + R"() {
    %scale: float32[8] = constant random(1)
    %bias: float32[8] = constant random(2)
    %plane: float32[3,8] = constant random(3)
    %epsilon: float32[] = constant {0.00001}
    %two: float32[] = constant {2.0}
    %half: float32[] = constant {0.5}
    %one: float32[] = constant {1.0}
  )" + body +
         "\n}\n";
}

const std::string kCentered = "%m = ReduceMean(%x) {axes = [-1]}\n%d = Sub(%x, %m)\n";
const std::string kVariance =
    "%p = Pow(%d, %two)\n%v = ReduceMean(%p) {axes = [-1]}\n%e = Add(%v, %epsilon)\n";
const std::string kNormalized = kCentered + kVariance + "%s = Sqrt(%e)\n%n = Div(%d, %s)\n";

TEST(RecognizeLayerNorm, AsPyTorchWritesIt) {
  EXPECT_EQ(operators_after(kRecognizeLayerNorm,
                            net(kNormalized + "%a = Mul(%n, %scale)\n%y = Add(%a, %bias)")),
            "LayerNormalization");
  EXPECT_EQ(operators_after(kRecognizeLayerNorm,
                            net(kNormalized + "%a = Mul(%scale, %n)\n%y = Add(%bias, %a)")),
            "LayerNormalization");
}

TEST(RecognizeLayerNorm, WithoutScaleOrBias) {
  EXPECT_EQ(operators_after(kRecognizeLayerNorm,
                            net(kCentered + kVariance + "%s = Sqrt(%e)\n%y = Div(%d, %s)")),
            "LayerNormalization");
  EXPECT_EQ(operators_after(kRecognizeLayerNorm, net(kNormalized + "%y = Mul(%n, %scale)")),
            "LayerNormalization");
  EXPECT_EQ(operators_after(kRecognizeLayerNorm, net(kNormalized + "%y = Add(%n, %bias)")),
            "LayerNormalization");
}

TEST(RecognizeLayerNorm, OtherSpellings) {
  const std::string squares =
      "%p = Mul(%d, %d)\n%v = ReduceMean(%p) {axes = [2]}\n"
      "%e = Add(%epsilon, %v)\n";
  for (const std::string end : {"%s = Pow(%e, %half)\n%n = Div(%d, %s)",
                                "%s = Sqrt(%e)\n%r = Reciprocal(%s)\n"
                                "%n = Mul(%d, %r)",
                                "%s = Sqrt(%e)\n%r = Div(%one, %s)\n%n = Mul(%r, %d)"}) {
    EXPECT_EQ(operators_after(kRecognizeLayerNorm,
                              net(kCentered + squares + end + "\n%y = Mul(%n, %scale)")),
              "LayerNormalization")
        << end;
  }
}

TEST(RecognizeLayerNorm, DeviationsComputedTwice) {
  EXPECT_EQ(operators_after(
                kRecognizeLayerNorm,
                net(kCentered + kVariance + "%s = Sqrt(%e)\n%d2 = Sub(%x, %m)\n%y = Div(%d2, %s)")),
            "LayerNormalization");
}

TEST(RecognizeLayerNorm, OverSeveralAxes) {
  EXPECT_EQ(operators_after(
                kRecognizeLayerNorm,
                net("%m = ReduceMean(%x) {axes = [-1, -2]}\n%d = Sub(%x, %m)\n%p = Pow(%d, %two)\n"
                    "%v = ReduceMean(%p) {axes = [1, 2]}\n%e = Add(%v, %epsilon)\n%s = Sqrt(%e)\n"
                    "%n = Div(%d, %s)\n%y = Mul(%n, %plane)")),
            "LayerNormalization");
}

TEST(RecognizeLayerNorm, LeavesOtherStatistics) {
  EXPECT_EQ(operators_after(kRecognizeLayerNorm,
                            net("%m = ReduceMean(%x) {axes = [1]}\n%d = Sub(%x, %m)\n"
                                "%p = Pow(%d, %two)\n%v = ReduceMean(%p) {axes = [1]}\n"
                                "%e = Add(%v, %epsilon)\n%s = Sqrt(%e)\n%y = Div(%d, %s)")),
            "ReduceMean Sub Pow ReduceMean Add Sqrt Div");
  EXPECT_EQ(operators_after(kRecognizeLayerNorm,
                            net("%m = ReduceMean(%z) {axes = [-1]}\n%d = Sub(%x, %m)\n" +
                                kVariance + "%s = Sqrt(%e)\n%y = Div(%d, %s)")),
            "ReduceMean Sub Pow ReduceMean Add Sqrt Div");
  EXPECT_EQ(operators_after(kRecognizeLayerNorm,
                            net(kCentered + "%v = ReduceMean(%x) {axes = [-1]}\n%q = Abs(%v)\n"
                                            "%e = Add(%q, %epsilon)\n%s = Sqrt(%e)\n"
                                            "%y = Div(%d, %s)")),
            "ReduceMean Sub ReduceMean Abs Add Sqrt Div");
}

TEST(RecognizeLayerNorm, KeepsAScaleOfAnotherShape) {
  EXPECT_EQ(operators_after(kRecognizeLayerNorm, net(kNormalized + "%y = Mul(%n, %plane)")),
            "LayerNormalization Mul");
  EXPECT_EQ(operators_after(kRecognizeLayerNorm, net(kNormalized + "%y = Mul(%n, %z)")),
            "LayerNormalization Mul");
}

}  // namespace
}  // namespace headway
