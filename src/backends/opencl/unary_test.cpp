#include "backends/opencl/test_support.h"

namespace headway::opencl {
namespace {

TEST(OpenClUnary, Activations) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* op : {"Relu"}) {
    expect_like_reference(*context,
                          concat("graph g (%x: float32[3,5,7]) -> (%y) { %y = ", op, "(%x) }"));
  }
}

}  // namespace
}  // namespace headway::opencl
