#include "backends/opencl/test_support.h"

namespace headway::opencl {
namespace {

TEST(OpenClUnary, FloatFunctions) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* op :
       {"Abs",   "Acos",         "Acosh",     "Asin",           "Asinh",    "Atan",      "Atanh",
        "Ceil",  "Celu",         "Cos",       "Cosh",           "Elu",      "Erf",       "Exp",
        "Floor", "Gelu",         "HardSwish", "HardSigmoid",    "Log",      "LeakyRelu", "Mish",
        "Neg",   "Reciprocal",   "Relu",      "Round",          "Selu",     "Shrink",    "Sigmoid",
        "Sign",  "headway.Silu", "Sin",       "Sinh",           "Softplus", "Softsign",  "Sqrt",
        "Swish", "Tan",          "Tanh",      "ThresholdedRelu"}) {
    expect_like_reference(*context,
                          concat("graph g (%x: float32[3,5,7]) -> (%y) { %y = ", op, "(%x) }"));
  }
}

TEST(OpenClUnary, Parameters) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* op :
       {"Celu(%x) {alpha = 0.5}", "Elu(%x) {alpha = 2.0}", "Gelu(%x) {approximate = \"tanh\"}",
        "HardSigmoid(%x) {alpha = 0.5, beta = 0.25}", "LeakyRelu(%x) {alpha = 0.3}",
        "Selu(%x) {alpha = 2.0, gamma = 3.0}", "Shrink(%x) {lambd = 0.75, bias = 0.25}",
        "Swish(%x) {alpha = 2.0}", "ThresholdedRelu(%x) {alpha = 0.5}"}) {
    expect_like_reference(*context, concat("graph g (%x: float32[129]) -> (%y) { %y = ", op, " }"));
  }
  expect_like_reference(*context,
                        "graph g (%x: float32[2,9]) -> (%y) { %low: float32[] = constant {-0.5}\n"
                        "%high: float32[] = constant {1.0}\n%y = Clip(%x, %low, %high) }");
}

TEST(OpenClUnary, OtherTypes) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* graph :
       {"(%x: int64[3,5]) -> (%y) { %y = Abs(%x) }", "(%x: int8[3,5]) -> (%y) { %y = Neg(%x) }",
        "(%x: int32[70]) -> (%y) { %y = Sign(%x) }", "(%x: int32[70]) -> (%y) { %y = Relu(%x) }",
        "(%x: uint8[70]) -> (%y) { %y = BitwiseNot(%x) }",
        "(%x: bool[70]) -> (%y) { %y = Not(%x) }",
        "(%x: float32[7]) -> (%y) { %l = Log(%x)\n%y = IsNaN(%l) }",
        "(%x: float32[7]) -> (%y) { %z = Sub(%x, %x)\n%i = Div(%x, %z)\n%y = IsInf(%i) }",
        "(%x: float32[7]) -> (%y) { %z = Sub(%x, %x)\n%i = Div(%x, %z)\n"
        "%y = IsInf(%i) {detect_negative = 0} }"}) {
    expect_like_reference(*context, concat("graph g ", graph), 0);
  }
}

}  // namespace
}  // namespace headway::opencl
