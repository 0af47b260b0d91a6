#include "passes/pass_testing.h"
#include "passes/passes.h"

namespace headway {
namespace {

std::string net(const std::string& body, const std::string& outputs = "%y") {
  return "graph net (%x: float32[2,4,5,5], %z: float32[2,4,5,5]) -> (" + outputs + R"() {
    %w: float32[4,4,1,1] = constant random(1)
    %b: float32[4] = constant random(2)
    %low: float32[] = constant {-0.5}
    %high: float32[] = constant {0.5}
    %row: float32[5] = constant random(3)
    %m: float32[5,5] = constant random(4)
    %c = Conv(%x, %w, %b)
  )" + body +
         "\n}\n";
}

TEST(FuseActivation, EveryKind) {
  for (const std::string activation :
       {"Relu(%c)", "Sigmoid(%c)", "HardSwish(%c)", "HardSigmoid(%c) {alpha = 0.3, beta = 0.4}",
        "LeakyRelu(%c) {alpha = 0.2}", "Clip(%c, %low, %high)", "Clip(%c, _, %high)",
        "headway.Silu(%c)"}) {
    EXPECT_EQ(operators_after(kFuseActivation, net("%y = " + activation)), "FusedConv")
        << activation;
  }
}

TEST(FuseActivation, AfterMatMulAndGemm) {
  EXPECT_EQ(operators_after(kFuseActivation, R"(graph net (%x: float32[3,4]) -> (%y, %z) {
    %w: float32[4,5] = constant random(1)
    %b: float32[5] = constant random(2)
    %g = Gemm(%x, %w, %b) {alpha = 0.5, beta = 2.0}
    %y = Relu(%g)
    %m = MatMul(%x, %w)
    %z = Sigmoid(%m)
  })"),
            "FusedGemm FusedMatMul");
}

TEST(FuseActivation, AfterABatchNormThatStandsAlone) {
  EXPECT_EQ(operators_after(kFuseActivation,
                            net("%v: float32[4] = constant splat(0.7)\n"
                                "%n = BatchNormalization(%x, %b, %b, %b, %v)\n%y = Relu(%n)")),
            "FusedBatchNormalization");
}

TEST(FuseActivation, OnlyOne) {
  EXPECT_EQ(operators_after(kFuseActivation, net("%r = Relu(%c)\n%y = Sigmoid(%r)")),
            "FusedConv Sigmoid");
}

TEST(FuseActivation, LeavesWhatOthersRead) {
  EXPECT_EQ(operators_after(kFuseActivation, net("%y = Relu(%c)\n%v = Sigmoid(%c)", "%y, %v")),
            "Conv Relu Sigmoid");
  EXPECT_EQ(operators_after(kFuseActivation, net("%y = Relu(%c)", "%y, %c")), "Conv Relu");
}

TEST(FuseActivation, LeavesComputedBounds) {
  EXPECT_EQ(operators_after(kFuseActivation,
                            net("%h = ReduceMax(%z) {keepdims = 0}\n%y = Clip(%c, _, %h)")),
            "Conv ReduceMax Clip");
}

TEST(FuseResidual, EitherOrder) {
  EXPECT_EQ(operators_after(kFuseResidual, net("%y = Add(%c, %z)")), "FusedConv");
  EXPECT_EQ(operators_after(kFuseResidual, net("%y = Add(%z, %c)")), "FusedConv");
}

TEST(FuseResidual, BeforeTheActivationOnly) {
  EXPECT_EQ(operators_after(kFuseResidual, net("%f = headway.FusedConv(%x, %w) "
                                               "{activation = \"Relu\"}\n%y = Add(%f, %z)")),
            "FusedConv Add");
}

TEST(FuseResidual, OnlyOne) {
  EXPECT_EQ(operators_after(kFuseResidual, net("%a = Add(%c, %z)\n%y = Add(%a, %x)")),
            "FusedConv Add");
}

TEST(FuseResidual, OneOfTwoConvolutions) {
  EXPECT_EQ(operators_after(kFuseResidual, net("%d = Conv(%z, %w)\n%y = Add(%c, %d)")),
            "Conv FusedConv");
}

TEST(FuseResidual, LeavesBroadcasts) {
  EXPECT_EQ(operators_after(kFuseResidual, net("%y = Add(%c, %row)")), "Conv Add");
}

TEST(FuseResidual, LeavesAValueAddedToItself) {
  EXPECT_EQ(operators_after(kFuseResidual, net("%y = Add(%c, %c)")), "Conv Add");
}

TEST(FuseResidual, LeavesUnknownExtents) {
  EXPECT_EQ(
      operators_after(kFuseResidual, R"(graph net (%x: float32[?,2], %z: float32[?,2]) -> (%y) {
    %w: float32[2,2] = constant random(1)
    %m = MatMul(%x, %w)
    %y = Add(%m, %z)
  })"),
      "MatMul Add");
}

TEST(FuseBias, VectorAfterMatMul) {
  EXPECT_EQ(operators_after(kFuseBias, net("%p = MatMul(%z, %m)\n%y = Add(%row, %p)")),
            "FusedMatMul");
}

TEST(FuseBias, LeavesOtherShapesAndComputedValues) {
  EXPECT_EQ(operators_after(kFuseBias, net("%s: float32[1] = constant {2.0}\n"
                                           "%p = MatMul(%z, %m)\n%y = Add(%s, %p)")),
            "MatMul Add");
  EXPECT_EQ(operators_after(kFuseBias, net("%p = MatMul(%z, %m)\n%y = Add(%z, %p)")), "MatMul Add");
}

}  // namespace
}  // namespace headway
