#include "backends/opencl/test_support.h"

namespace headway::opencl {
namespace {

TEST(OpenClNormalization, Softmax) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* op : {"Softmax", "LogSoftmax"}) {
    for (const auto& [shape, axis] :
         {std::pair{"[3,7]", -1}, std::pair{"[3,1003]", 1}, std::pair{"[2,70,5]", 1},
          std::pair{"[2,5,1033]", 1}, std::pair{"[65,3]", 0}, std::pair{"[2,35,40]", 1}}) {
      expect_like_reference(*context, concat("graph g (%x: float32", shape, ") -> (%y) { %y = ", op,
                                             "(%x) {axis = ", axis, "} }"));
    }
  }
}

TEST(OpenClNormalization, SoftmaxOfMaskedElements) {
  HEADWAY_OPEN_DEVICE(context);
  expect_like_reference(*context,
                        "graph g (%x: float32[3,40]) -> (%y) { %zero: float32[] = constant {0.0}\n"
                        "%mask: float32[] = constant {-inf}\n%c = Less(%x, %zero)\n"
                        "%m = Where(%c, %mask, %x)\n%y = Softmax(%m) }");
}

TEST(OpenClNormalization, ByNorm) {
  HEADWAY_OPEN_DEVICE(context);
  for (const int p : {1, 2}) {
    for (const int axis : {0, 1, -1}) {
      expect_like_reference(*context, concat("graph g (%x: float32[3,40,5]) -> (%y) { %y = "
                                             "LpNormalization(%x) {axis = ",
                                             axis, ", p = ", p, "} }"));
    }
  }
}

TEST(OpenClNormalization, LayersAndRootMeanSquares) {
  HEADWAY_OPEN_DEVICE(context);
  for (const auto& [shape, axis, row] :
       {std::tuple{"[3,5,7]", -1, "[7]"}, std::tuple{"[2,3,1025]", 2, "[1025]"},
        std::tuple{"[4,3,5]", 1, "[3,5]"}, std::tuple{"[1,260]", 1, "[1,260]"}}) {
    expect_like_reference(
        *context, concat("graph g (%x: float32", shape, ", %s: float32", row, ", %b: float32", row,
                         ") -> (%y) { %y = LayerNormalization"
                         "(%x, %s, %b) {axis = ",
                         axis, ", epsilon = 0.01} }"));
    expect_like_reference(*context,
                          concat("graph g (%x: float32", shape, ", %s: float32", row,
                                 ") -> (%y, %z) { %y = LayerNormalization(%x, %s) {axis = ", axis,
                                 "}\n%z = RMSNormalization(%x, %s) {axis = ", axis, "} }"));
  }
}

TEST(OpenClNormalization, StatisticsOfRows) {
  HEADWAY_OPEN_DEVICE(context);
  expect_like_reference(*context,
                        "graph g (%x: float32[3,5,70], %s: float32[70]) -> (%y, %m, %d) {\n"
                        "%y, %m, %d = LayerNormalization(%x, %s) }");
}

TEST(OpenClNormalization, GroupsAndInstances) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* op :
       {"GroupNormalization(%x, %s, %b) {num_groups = 3}", "InstanceNormalization(%x, %s, %b)",
        "GroupNormalization(%x, %s, %b) {num_groups = 1, epsilon = 0.1}"}) {
    for (const char* shape : {"[2,6,5,7]", "[1,6,33,34]", "[3,6,4]"}) {
      expect_like_reference(*context, concat("graph g (%x: float32", shape,
                                             ", %s: float32[6], %b: "
                                             "float32[6]) -> (%y) { %y = ",
                                             op, " }"));
    }
  }
}

TEST(OpenClNormalization, Batches) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* op : {"BatchNormalization(%x, %s, %b, %m, %v)",
                         "headway.FusedBatchNormalization(%x, %s, %b, %m, %v) "
                         "{activation = \"Relu\", epsilon = 0.5}"}) {
    for (const char* shape : {"[2,5,3,7]", "[3,5]", "[1,5,70]"}) {
      expect_like_reference(*context,
                            concat("graph g (%x: float32", shape,
                                   ", %s: float32[5], %b: "
                                   "float32[5], %m: float32[5], %w: float32[5]) -> (%y) {\n"
                                   "%v = Abs(%w)\n%y = ",
                                   op, " }"));
    }
  }
}

TEST(OpenClNormalization, ScaleAndShift) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* channel : {"[5,1,1]", "[1,5,1,1]", "[7]"}) {
    expect_like_reference(*context, concat("graph g (%x: float32[2,5,3,7], %s: float32", channel,
                                           ", %b: float32", channel,
                                           ") -> (%y) { %y = headway.ScaleShift"
                                           "(%x, %s, %b) {activation = \"HardSwish\"} }"));
  }
}

TEST(OpenClNormalization, NeighbouringChannels) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* attributes : {"size = 5", "size = 4, alpha = 0.3, beta = 0.6, bias = 2.0"}) {
    expect_like_reference(
        *context,
        concat("graph g (%x: float32[2,7,3,5]) -> (%y) { %y = LRN(%x) {", attributes, "} }"));
  }
}

}  // namespace
}  // namespace headway::opencl
