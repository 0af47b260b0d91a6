#include "passes/pass_testing.h"
#include "passes/passes.h"

namespace headway {
namespace {

/// Elements of int8, as the text form writes them.
std::string bytes(int count) {
  Random random(static_cast<std::uint64_t>(count));
  std::string text;
  for (int i = 0; i < count; ++i)
    text += (i == 0 ? "{" : ", ") + std::to_string(static_cast<int>(random.below(256)) - 128);
  return text + "}";
}

/// An image is quantized, and what `body` makes of it, %y, is quantized again.
std::string image(const std::string& body, const std::string& zero = "uint8[] = constant {0}",
                  const std::string& bias_scale = "0.0005") {
  return R"(graph net (%image: float32[1,6,9,9]) -> (%z) {
    %xs: float32[] = constant {0.05}
    %xz: uint8[] = constant {120}
    %w: int8[4,6,3,3] = constant )" +
         bytes(216) + R"(
    %ws: float32[] = constant {0.01}
    %wz: int8[] = constant {0}
    %wvs: float32[4] = constant {0.01, 0.02, 0.005, 0.015}
    %wvz: int8[4] = constant {0, 0, 0, 0}
    %b: int32[4] = constant {100, -2000, 3000, 7}
    %bs: float32[] = constant {)" +
         bias_scale + R"(}
    %ys: float32[] = constant {0.5}
    %yz: )" +
         zero + R"(
    %q = QuantizeLinear(%image, %xs, %xz)
    %x = DequantizeLinear(%q, %xs, %xz)
    %f = DequantizeLinear(%w, %ws, %wz)
    %fv = DequantizeLinear(%w, %wvs, %wvz) {axis = 0}
    %fb = DequantizeLinear(%b, %bs)
    )" + body +
         R"(
    %z = QuantizeLinear(%y, %ys, %yz)
}
)";
}

const std::string kRewritten = "QuantizeLinear QLinearConv";

TEST(RecognizeQuantized, ConvolutionsBetweenIntegers) {
  EXPECT_EQ(operators_after(kRecognizeQuantized, image("%y = Conv(%x, %f) {pads = [1, 1, 1, 1]}")),
            kRewritten);
  EXPECT_EQ(operators_after(kRecognizeQuantized, image("%y = Conv(%x, %f, %fb)")), kRewritten);
  EXPECT_EQ(operators_after(kRecognizeQuantized, image("%y = Conv(%x, %fv) {strides = [2, 2]}",
                                                       "int8[] = constant {-5}")),
            kRewritten);
}

TEST(RecognizeQuantized, ReluOnlyAtTheLowestNumber) {
  const std::string body = "%c = Conv(%x, %fv)\n %y = Relu(%c)";
  EXPECT_EQ(operators_after(kRecognizeQuantized, image(body)), kRewritten);
  EXPECT_EQ(operators_after(kRecognizeQuantized, image(body, "int8[] = constant {-128}")),
            kRewritten);
  EXPECT_NE(operators_after(kRecognizeQuantized, image(body, "uint8[] = constant {3}")),
            kRewritten);
}

TEST(RecognizeQuantized, LeavesOtherUnitsOfTheBias) {
  EXPECT_NE(operators_after(kRecognizeQuantized,
                            image("%y = Conv(%x, %f, %fb)", "uint8[] = constant {0}", "0.0006")),
            kRewritten);
}

TEST(RecognizeQuantized, LeavesFloatsThatOthersRead) {
  EXPECT_NE(operators_after(kRecognizeQuantized,
                            image("%c = Conv(%x, %f)\n %r = Relu(%c)\n %y = Add(%r, %c)")),
            kRewritten);
}

std::string matrix(const std::string& axis) {
  return R"(graph net (%in: float32[2,7,10]) -> (%z) {
    %xs: float32[] = constant {0.05}
    %xz: int8[] = constant {3}
    %w: int8[10,5] = constant )" +
         bytes(50) + R"(
    %ws: float32[5] = constant {0.01, 0.02, 0.005, 0.015, 0.01}
    %ys: float32[] = constant {0.5}
    %q = QuantizeLinear(%in, %xs, %xz)
    %x = DequantizeLinear(%q, %xs, %xz)
    %f = DequantizeLinear(%w, %ws) {axis = )" +
         axis + R"(}
    %y = MatMul(%x, %f)
    %z = QuantizeLinear(%y, %ys, %xz)
}
)";
}

TEST(RecognizeQuantized, Products) {
  for (const char* axis : {"1", "-1"}) {
    EXPECT_EQ(operators_after(kRecognizeQuantized, matrix(axis)), "QuantizeLinear QLinearMatMul");
  }
}

}  // namespace
}  // namespace headway
