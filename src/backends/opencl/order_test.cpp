#include "backends/opencl/test_support.h"

namespace headway::opencl {
namespace {

TEST(OpenClOrder, PlacesOfExtremes) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* op : {"ArgMax", "ArgMin"}) {
    for (const char* type : {"float32", "int64"}) {
      for (const auto& [shape, axis] : {std::pair{"[3,1003]", 1}, std::pair{"[5,3,4]", 0},
                                        std::pair{"[2,70,3]", 1}, std::pair{"[4,1]", -1}}) {
        for (const int last : {0, 1}) {
          expect_like_reference(
              *context,
              concat("graph g (%x: ", type, shape, ") -> (%y) { %y = ", op, "(%x) {axis = ", axis,
                     ", select_last_index = ", last, "} }"),
              0);
        }
      }
    }
  }
}

TEST(OpenClOrder, FirstOnes) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* type : {"float32", "int64"}) {
    for (const auto& [shape, axis, k] :
         {std::tuple{"[3,130]", -1, 7}, std::tuple{"[2,40,3]", 1, 40}, std::tuple{"[5]", 0, 1}}) {
      for (const int largest : {0, 1}) {
        expect_like_reference(*context,
                              concat("graph g (%x: ", type, shape,
                                     ") -> (%v, %i) {\n"
                                     "%k: int64[1] = constant {",
                                     k,
                                     "}\n%v, %i = TopK(%x, %k) {"
                                     "axis = ",
                                     axis, ", largest = ", largest, "} }"),
                              0);
      }
    }
  }
}

TEST(OpenClOrder, Cumulations) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* type : {"float32", "int64"}) {
    for (const int axis : {0, 1, 2}) {
      for (const char* attributes :
           {"exclusive = 0", "exclusive = 1", "reverse = 1", "exclusive = 1, reverse = 1"}) {
        expect_like_reference(*context,
                              concat("graph g (%x: ", type,
                                     "[3,5,4]) -> (%y) {\n"
                                     "%a: int64[] = constant {",
                                     axis, "}\n%y = CumSum(%x, %a) {", attributes, "} }"));
      }
    }
  }
}

TEST(OpenClOrder, Ranges) {
  HEADWAY_OPEN_DEVICE(context);
  for (const auto& [type, start, limit, delta] :
       {std::tuple{"int64", "3", "-70", "-2"}, std::tuple{"float32", "0.5", "9.0", "0.25"}}) {
    expect_like_reference(*context,
                          concat("graph g () -> (%y) {\n%s: ", type, "[] = constant {", start,
                                 "}\n%l: ", type, "[] = constant {", limit, "}\n%d: ", type,
                                 "[] = constant {", delta, "}\n%y = Range(%s, %l, %d) }"));
  }
}

}  // namespace
}  // namespace headway::opencl
