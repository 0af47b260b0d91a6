#include "backends/opencl/test_support.h"

namespace headway::opencl {
namespace {

TEST(OpenClReduce, AnyAxes) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* op : {"ReduceL1", "ReduceL2", "ReduceLogSumExp", "ReduceMax", "ReduceMean",
                         "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare"}) {
    for (const char* axes :
         {"axes = [0]", "axes = [2], keepdims = 0", "axes = [1, 3]", "axes = [0, 1, 2, 3]",
          "axes = [2, 3]", "axes = [0, 3]", "noop_with_empty_axes = 1"}) {
      expect_like_reference(*context, concat("graph g (%x: float32[2,3,4,5]) -> (%y) { %y = ", op,
                                             "(%x) {", axes, "} }"));
    }
  }
}

TEST(OpenClReduce, LongRowsAndColumns) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* op : {"ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum"}) {
    for (const char* shape : {"[5,1037]", "[1037,5]", "[65,1031]", "[33,40]", "[40,33]"}) {
      for (const int axis : {0, 1}) {
        expect_like_reference(*context, concat("graph g (%x: float32", shape, ") -> (%y) { %y = ",
                                               op, "(%x) {axes = [", axis, "]} }"));
      }
    }
  }
}

TEST(OpenClReduce, Integers) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* dtype : {"int64", "int32"}) {
    for (const char* op : {"ReduceL1", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceSum"}) {
      expect_like_reference(
          *context,
          concat("graph g (%x: ", dtype, "[3,70,2]) -> (%y) { %y = ", op, "(%x) {axes = [1]} }"),
          0);
    }
  }
  expect_like_reference(*context,
                        "graph g (%x: bool[3,7]) -> (%y) { %y = ReduceMax(%x) {axes = [1]} }", 0);
}

TEST(OpenClReduce, LogarithmOfSum) {
  HEADWAY_OPEN_DEVICE(context);
  expect_like_reference(*context,
                        "graph g (%x: float32[3,70]) -> (%y) { %s = Abs(%x)\n"
                        "%y = ReduceLogSum(%s) {axes = [1]} }");
}

}  // namespace
}  // namespace headway::opencl
