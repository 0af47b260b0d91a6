#include "backends/opencl/test_support.h"

namespace headway::opencl {
namespace {

TEST(OpenClCast, BetweenTypes) {
  HEADWAY_OPEN_DEVICE(context);
  // The numbers are ONNX's.
  const std::pair<const char*, int> casts[] = {
      {"float32", 2}, {"float32", 7}, {"float32", 9}, {"float32", 10}, {"int64", 1},
      {"int64", 6},   {"int64", 9},   {"uint8", 1},   {"bool", 1},     {"bool", 7},
      {"float16", 1}, {"float16", 9}, {"int32", 3},   {"int64", 7}};
  for (const auto& [from, to] : casts) {
    expect_like_reference(*context,
                          concat("graph g (%x: ", from,
                                 "[3,43]) -> (%y) { %y = Cast(%x) "
                                 "{to = ",
                                 to, "} }"),
                          0);
  }
}

TEST(OpenClCast, LargeNumbersAreKeptInRange) {
  HEADWAY_OPEN_DEVICE(context);
  for (const int number : {2, 3, 6, 7}) {
    expect_like_reference(*context,
                          concat("graph g (%x: float32[70]) -> (%y) {\n%k: float32[3,1] = constant "
                                 "{1000.0, 1e10, 1e20}\n%large = Mul(%x, %k)\n"
                                 "%y = Cast(%large) {to = ",
                                 number, "} }"),
                          0);
  }
}

TEST(OpenClSelect, OperandsAreBroadcast) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* dtype : {"float32", "int64", "bool"}) {
    for (const char* shapes : {"[4,5] [4,5] [4,5]", "[4,1] [5] [3,1,1]", "[] [7,1] [9]"}) {
      const std::string all(shapes);
      const std::size_t first = all.find(' '), second = all.find(' ', first + 1);
      expect_like_reference(*context,
                            concat("graph g (%c: bool", all.substr(0, first), ", %a: ", dtype,
                                   all.substr(first + 1, second - first - 1), ", %b: ", dtype,
                                   all.substr(second + 1), ") -> (%y) { %y = Where(%c, %a, %b) }"),
                            0);
    }
  }
}

}  // namespace
}  // namespace headway::opencl
