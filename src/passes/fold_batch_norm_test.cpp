#include "passes/pass_testing.h"
#include "passes/passes.h"

namespace headway {
namespace {

const std::string kVectors = R"(
  %scale: float32[4] = constant random(1)
  %shift: float32[4] = constant random(2)
  %mean: float32[4] = constant random(3)
  %variance: float32[4] = constant splat(0.7)
)";

std::string net(const std::string& outputs, const std::string& body) {
  return "graph net (%x: float32[N,3,6,6]) -> (" + outputs + ") {\n" + kVectors +
         "  %w: float32[4,3,3,3] = constant random(4)\n  %b: float32[4] = constant random(5)\n" +
         body + "\n}\n";
}

TEST(FoldBatchNorm, GoesIntoTheConvolutionBefore) {
  EXPECT_EQ(operators_after(kFoldBatchNorm, net("%y", R"(
    %c = Conv(%x, %w)
    %y = BatchNormalization(%c, %scale, %shift, %mean, %variance) {epsilon = 0.001}
  )")),
            "Conv");
}

TEST(FoldBatchNorm, AddsToTheBiasThatIsThere) {
  EXPECT_EQ(operators_after(kFoldBatchNorm, net("%y", R"(
    %c = Conv(%x, %w, %b) {pads = [1, 1, 1, 1]}
    %y = BatchNormalization(%c, %scale, %shift, %mean, %variance)
  )")),
            "Conv");
}

TEST(FoldBatchNorm, GoesIntoGemmWithEitherLayout) {
  for (const std::string weights :
       {"%w: float32[4,5] = constant random(4)\n", "%w: float32[5,4] = constant random(4)\n"}) {
    const std::string transposed = weights[12] == '4' ? "1" : "0";
    EXPECT_EQ(operators_after(kFoldBatchNorm,
                              "graph net (%x: float32[N,5]) -> (%y) {\n" + kVectors + weights +
                                  "%b: float32[4] = constant random(5)\n"
                                  "%c = Gemm(%x, %w, %b) {transB = " +
                                  transposed +
                                  "}\n"
                                  "%y = BatchNormalization(%c, %scale, %shift, %mean, %variance)\n"
                                  "}\n"),
              "Gemm");
  }
}

TEST(FoldBatchNorm, LeavesAConvolutionThatOthersRead) {
  EXPECT_EQ(operators_after(kFoldBatchNorm, net("%y, %z", R"(
    %c = Conv(%x, %w)
    %y = BatchNormalization(%c, %scale, %shift, %mean, %variance)
    %z = Relu(%c)
  )")),
            "Conv BatchNormalization Relu");
}

TEST(FoldBatchNorm, LeavesAConvolutionThatIsAnOutput) {
  EXPECT_EQ(operators_after(kFoldBatchNorm, net("%y, %c", R"(
    %c = Conv(%x, %w)
    %y = BatchNormalization(%c, %scale, %shift, %mean, %variance)
  )")),
            "Conv BatchNormalization");
}

TEST(FoldBatchNorm, LeavesComputedWeights) {
  EXPECT_EQ(operators_after(kFoldBatchNorm, net("%y", R"(
    %v = Relu(%w)
    %c = Conv(%x, %v)
    %y = BatchNormalization(%c, %scale, %shift, %mean, %variance)
  )")),
            "Relu Conv BatchNormalization");
}

TEST(FoldBatchNorm, LeavesPreActivation) {
  EXPECT_EQ(operators_after(kFoldBatchNorm, net("%y", R"(
    %c = Conv(%x, %w)
    %r = Relu(%c)
    %y = BatchNormalization(%r, %scale, %shift, %mean, %variance)
  )")),
            "Conv Relu BatchNormalization");
}

TEST(FoldBatchNorm, LeavesScaledGemm) {
  EXPECT_EQ(operators_after(kFoldBatchNorm,
                            "graph net (%x: float32[N,5]) -> (%y) {\n" + kVectors +
                                "%w: float32[5,4] = constant random(4)\n"
                                "%c = Gemm(%x, %w) {alpha = 0.5}\n"
                                "%y = BatchNormalization(%c, %scale, %shift, %mean, %variance)\n"
                                "}\n"),
            "Gemm BatchNormalization");
}

}  // namespace
}  // namespace headway
