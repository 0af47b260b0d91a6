#include "backends/opencl/test_support.h"

namespace headway::opencl {
namespace {

void expect_pool(Context& context, const std::string& input, const std::string& op) {
  expect_like_reference(context,
                        concat("graph g (%x: float32", input, ") -> (%y) { %y = ", op, " }"));
}

TEST(OpenClPool, TwoAxes) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* op : {"MaxPool", "AveragePool", "LpPool"}) {
    for (const char* attributes :
         {"kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]",
          "kernel_shape = [2, 3], strides = [1, 2]",
          "kernel_shape = [3, 2], dilations = [2, 3], pads = [2, 0, 1, 1]",
          "kernel_shape = [3, 3], strides = [2, 2], ceil_mode = 1",
          "kernel_shape = [3, 3], strides = [2, 3], auto_pad = \"SAME_UPPER\"",
          "kernel_shape = [9, 11]"}) {
      for (const char* shape : {"[2,3,9,11]", "[1,1,10,13]"})
        expect_pool(*context, shape, concat(op, "(%x) {", attributes, "}"));
    }
  }
}

TEST(OpenClPool, MeansThatCountPadding) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* attributes :
       {"kernel_shape = [3, 3], pads = [1, 1, 1, 1]",
        "kernel_shape = [3, 3], strides = [2, 2], pads = [1, 0, 2, 1], ceil_mode = 1",
        "kernel_shape = [3, 2], dilations = [2, 2], pads = [2, 1, 2, 1]"}) {
    expect_pool(*context, "[2,3,8,7]",
                concat("AveragePool(%x) {count_include_pad = 1, ", attributes, "}"));
  }
}

TEST(OpenClPool, OneAndThreeAxes) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* op : {"MaxPool", "AveragePool"}) {
    expect_pool(*context, "[2,3,17]", concat(op, "(%x) {kernel_shape = [4], strides = [3]}"));
    expect_pool(*context, "[2,2,5,6,7]",
                concat(op,
                       "(%x) {kernel_shape = [2, 3, 2], strides = [2, 1, 2], "
                       "pads = [1, 1, 0, 0, 1, 1]}"));
  }
  expect_pool(*context, "[2,3,17]", "LpPool(%x) {kernel_shape = [4], strides = [3], p = 1}");
}

TEST(OpenClPool, PlacesOfMaxima) {
  HEADWAY_OPEN_DEVICE(context);
  for (const int order : {0, 1}) {
    expect_like_reference(*context,
                          concat("graph g (%x: float32[2,3,7,9]) -> (%y, %i) { %y, %i = MaxPool(%x)"
                                 " {kernel_shape = [3, 2], pads = [1, 1, 0, 0], strides = [2, 2], "
                                 "storage_order = ",
                                 order, "} }"),
                          0);
  }
}

TEST(OpenClPool, WholePlanes) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* op : {"GlobalAveragePool(%x)", "GlobalMaxPool(%x)", "GlobalLpPool(%x) {p = 1}",
                         "GlobalLpPool(%x)"}) {
    for (const char* shape : {"[2,3,7,7]", "[1,5,1,1]", "[2,70,3]", "[1,2,33,40]", "[2,3,3,4,5]"})
      expect_pool(*context, shape, op);
  }
}

}  // namespace
}  // namespace headway::opencl
