#include "backends/opencl/test_support.h"

namespace headway::opencl {
namespace {

/// Quantized by steps of a power of two, so that halves are met and division is exact.
TEST(OpenClQuantize, ThereAndBack) {
  HEADWAY_OPEN_DEVICE(context);
  for (const auto& [type, zeros] :
       {std::pair{"uint8", "{128, 100, 3}"}, std::pair{"int8", "{0, -5, 100}"}}) {
    expect_like_reference(*context,
                          concat("graph g (%x: float32[2,3,7]) -> (%q, %y) {\n%s: float32[3] = "
                                 "constant {0.25, 0.5, 0.0078125}\n%z: ",
                                 type, "[3] = constant ", zeros,
                                 "\n%q = QuantizeLinear(%x, %s, %z) {axis = 1}\n"
                                 "%y = DequantizeLinear(%q, %s, %z) {axis = 1} }"));
  }
  expect_like_reference(
      *context,
      "graph g (%x: float32[70]) -> (%q, %y) {\n%s: float32[] = constant {0.125}\n"
      "%q = QuantizeLinear(%x, %s)\n%y = DequantizeLinear(%q, %s) }");
  expect_like_reference(*context,
                        "graph g (%x: float32[2,6,5]) -> (%q) {\n%s: float32[2,2,5] = constant "
                        "splat(0.5)\n%q = QuantizeLinear(%x, %s) {axis = 1, block_size = 3} }");
}

TEST(OpenClQuantize, ByTheRangeOfTheElements) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* shape : {"[3,7]", "[2001]", "[1]"}) {
    expect_like_reference(*context,
                          concat("graph g (%x: float32", shape,
                                 ") -> (%y, %s, %z) { %y, %s, %z = DynamicQuantizeLinear(%x) }"));
  }
}

TEST(OpenClQuantize, Sums) {
  HEADWAY_OPEN_DEVICE(context);
  expect_like_reference(*context,
                        "graph g (%x: int32[3,50], %s: float32[3]) -> (%y) {\n"
                        "%y = DequantizeLinear(%x, %s) {axis = 0} }");
}

}  // namespace
}  // namespace headway::opencl
