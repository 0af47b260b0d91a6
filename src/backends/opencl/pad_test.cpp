#include "backends/opencl/test_support.h"

namespace headway::opencl {
namespace {

TEST(OpenClPad, AllModes) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* type : {"float32", "uint8"}) {
    for (const char* mode : {"constant", "reflect", "edge", "wrap"}) {
      for (const char* pads :
           {"{0, 0, 1, 2, 0, 0, 3, 1}", "{0, 1, 0, 0, 1, 0, 0, 0}", "{0, 0, -1, 7, 0, 0, 2, -2}"}) {
        expect_like_reference(*context,
                              concat("graph g (%x: ", type,
                                     "[2,3,5,4]) -> (%y) {\n"
                                     "%p: int64[8] = constant ",
                                     pads, "\n%y = Pad(%x, %p) {mode = \"", mode, "\"} }"),
                              0);
      }
    }
  }
}

TEST(OpenClPad, ValueAndAxes) {
  HEADWAY_OPEN_DEVICE(context);
  expect_like_reference(*context,
                        "graph g (%x: float32[3,5,4], %v: float32[]) -> (%y) {\n"
                        "%p: int64[4] = constant {1, 2, 0, 3}\n%a: int64[2] = constant {-1, 0}\n"
                        "%y = Pad(%x, %p, %v, %a) }",
                        0);
}

}  // namespace
}  // namespace headway::opencl
