#include "backends/opencl/test_support.h"

namespace headway::opencl {
namespace {

constexpr const char* kTypes[] = {"float32", "int64", "uint8"};

void expect_equal(Context& context, const std::string& input, const std::string& body) {
  expect_like_reference(context, concat("graph g (%x: ", input, ") -> (%y) { ", body, " }"), 0);
}

TEST(OpenClMovement, Transposes) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* type : kTypes) {
    expect_equal(*context, concat(type, "[37,45]"), "%y = Transpose(%x)");
    expect_equal(*context, concat(type, "[2,3,4,5]"), "%y = Transpose(%x) {perm = [0, 2, 3, 1]}");
  }
  for (const char* perm : {"[0, 2, 1, 3]", "[3, 1, 2, 0]", "[2, 3, 0, 1]", "[0, 1, 3, 2]",
                           "[1, 0, 3, 2]", "[0, 3, 1, 2]", "[0, 1, 2, 3]"}) {
    expect_equal(*context, "float32[2,17,10,33]", concat("%y = Transpose(%x) {perm = ", perm, "}"));
  }
}

TEST(OpenClMovement, Concatenations) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* type : kTypes) {
    for (const auto& [axis, a, b] :
         {std::tuple{1, "[2,3,5]", "[2,4,5]"}, std::tuple{2, "[2,3,4]", "[2,3,8]"},
          std::tuple{0, "[1,7]", "[2,7]"}, std::tuple{-1, "[3,1]", "[3,16]"}}) {
      expect_like_reference(*context,
                            concat("graph g (%a: ", type, a, ", %b: ", type, b, ") -> (%y) {",
                                   "%y = Concat(%a, %b, %a) {axis = ", axis, "} }"),
                            0);
    }
  }
}

TEST(OpenClMovement, Splits) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* type : kTypes) {
    for (const auto& [axis, shape] : {std::pair{1, "[2,7,4]"}, std::pair{-1, "[3,2,7]"}}) {
      expect_like_reference(*context,
                            concat("graph g (%x: ", type, shape,
                                   ") -> (%a, %b, %c) {\n"
                                   "%s: int64[3] = constant {2, 4, 1}\n"
                                   "%a, %b, %c = Split(%x, %s) {axis = ",
                                   axis, "} }"),
                            0);
    }
  }
}

TEST(OpenClMovement, Slices) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* type : kTypes) {
    for (const char* ranges : {"{1, 0} {5, 100} {0, 2} {1, 1}", "{-1, 1} {-100, 9} {1, 2} {-2, 3}",
                               "{-3, 7} {100, 2} {0, 1} {2, -1}", "{2, 4} {3, 8} {1, 2} {1, 1}"}) {
      const std::string all(ranges);
      std::string constants;
      std::size_t at = 0;
      for (const char* name : {"starts", "ends", "axes", "steps"}) {
        const std::size_t end = all.find('}', at) + 1;
        constants += concat("%", name, ": int64[2] = constant ", all.substr(at, end - at), "\n");
        at = end;
      }
      expect_equal(*context, concat(type, "[6,8,12]"),
                   concat(constants, "%y = Slice(%x, %starts, %ends, %axes, %steps)"));
    }
  }
}

TEST(OpenClMovement, Repetitions) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* type : kTypes) {
    expect_equal(*context, concat(type, "[3,1,5]"),
                 "%s: int64[4] = constant {2, 3, 4, 5}\n%y = Expand(%x, %s)");
    expect_equal(*context, concat(type, "[]"), "%s: int64[1] = constant {70}\n%y = Expand(%x, %s)");
    expect_equal(*context, concat(type, "[3,2,5]"),
                 "%s: int64[3] = constant {2, 1, 3}\n%y = Tile(%x, %s)");
  }
}

TEST(OpenClMovement, DepthAndSpace) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* mode : {"DCR", "CRD"}) {
    expect_equal(*context, "float32[2,12,3,5]",
                 concat("%y = DepthToSpace(%x) {blocksize = 2, mode = \"", mode, "\"}"));
  }
  expect_equal(*context, "float32[2,3,6,9]", "%y = SpaceToDepth(%x) {blocksize = 3}");
}

TEST(OpenClMovement, Triangles) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* type : kTypes) {
    expect_equal(*context, concat(type, "[2,5,7]"), "%y = Trilu(%x) {upper = 0}");
    expect_equal(*context, concat(type, "[7,5]"),
                 "%k: int64[] = constant {-1}\n%y = Trilu(%x, %k)");
  }
}

}  // namespace
}  // namespace headway::opencl
