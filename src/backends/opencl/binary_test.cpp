#include "backends/opencl/test_support.h"

namespace headway::opencl {
namespace {

std::string two_inputs(const std::string& dtype, const std::string& a, const std::string& b,
                       const std::string& op) {
  return concat("graph g (%a: ", dtype, a, ", %b: ", dtype, b, ") -> (%y) { %y = ", op, " }");
}

constexpr std::pair<const char*, const char*> kShapes[] = {
    {"[3,5,7]", "[3,5,7]"},
    {"[3,5,7]", "[]"},
    {"[7]", "[2,5,7]"},
    {"[2,3,4,5]", "[3,1,1]"},
    {"[2,1,4,1]", "[1,3,1,5]"},
    {"[1]", "[129]"},
    {"[2,1,3,1,2,1,3,1]", "[1,2,1,2,1,3,1,2]"},
};

TEST(OpenClBinary, FloatsAreBroadcast) {
  HEADWAY_OPEN_DEVICE(context);
  for (const auto& [a, b] : kShapes) {
    for (const char* op : {"Add(%a, %b)", "Sub(%a, %b)", "Mul(%a, %b)", "Max(%a, %b)",
                           "Min(%a, %b)", "Less(%a, %b)", "GreaterOrEqual(%a, %b)"})
      expect_like_reference(*context, two_inputs("float32", a, b, op));
  }
}

TEST(OpenClBinary, FloatFunctions) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* op : {"Div(%a, %b)", "Pow(%a, %b)", "Mod(%a, %b) {fmod = 1}", "PRelu(%a, %b)",
                         "Equal(%a, %b)", "Greater(%a, %b)", "LessOrEqual(%a, %b)"})
    expect_like_reference(*context, two_inputs("float32", "[2,3,5]", "[3,1]", op));
}

TEST(OpenClBinary, Integers) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* dtype : {"int64", "int32", "uint8", "int8"}) {
    for (const char* op :
         {"Add(%a, %b)", "Sub(%a, %b)", "Mul(%a, %b)", "Max(%a, %b)", "Equal(%a, %b)",
          "Greater(%a, %b)", "BitwiseXor(%a, %b)", "Pow(%a, %b)", "LessOrEqual(%a, %b)"})
      expect_like_reference(*context, two_inputs(dtype, "[2,3,5]", "[3,1]", op), 0);
  }
  for (const char* op : {"Div(%n, %d)", "Mod(%n, %d)", "Mod(%n, %d) {fmod = 1}"}) {
    expect_like_reference(*context,
                          concat("graph g (%a: int64[2,3,5], %b: int64[3,1]) -> (%y) {\n"
                                 "%four: int64[] = constant {4}\n%one: int64[] = constant {1}\n"
                                 "%n = Sub(%a, %four)\n%d = Add(%b, %one)\n%y = ",
                                 op, " }"),
                          0);
  }
  for (const char* direction : {"LEFT", "RIGHT"}) {
    expect_like_reference(*context,
                          two_inputs("uint32", "[33]", "[1]",
                                     concat("BitShift(%a, %b) {direction = \"", direction, "\"}")),
                          0);
  }
}

TEST(OpenClBinary, DivisionByZeroDoesNotTrap) {
  HEADWAY_OPEN_DEVICE(context);
  Graph graph = parse_graph(two_inputs("int32", "[4]", "[4]", "Div(%a, %b)"));
  infer_types(graph);
  const Tensor a = Tensor::from<std::int32_t>({4}, {6, 7, -8, 9});
  const Tensor b = Tensor::from<std::int32_t>({4}, {3, 0, -1, 2});
  const std::vector<Tensor> y = run_on_device(*context, graph, {a, b});
  ASSERT_EQ(y.size(), 1);
  const std::span<const std::int32_t> quotients = y[0].values<std::int32_t>();
  EXPECT_EQ(std::vector<std::int32_t>(quotients.begin(), quotients.end()),
            (std::vector<std::int32_t>{2, 0, 8, 4}));
}

TEST(OpenClBinary, Logic) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* op : {"And(%a, %b)", "Or(%a, %b)", "Xor(%a, %b)", "Equal(%a, %b)"})
    expect_like_reference(*context, two_inputs("bool", "[2,3,5]", "[3,1]", op), 0);
}

TEST(OpenClBinary, ManyOperands) {
  HEADWAY_OPEN_DEVICE(context);
  for (const char* op : {"Sum", "Mean", "Max", "Min"}) {
    expect_like_reference(
        *context, concat("graph g (%a: float32[5], %b: float32[3,1], %c: float32[2,1,1]) -> (%y) {"
                         " %y = ",
                         op, "(%a, %b, %c) }"));
  }
  expect_like_reference(*context,
                        "graph g (%x: int32[65], %l: int32[], %h: int32[]) -> (%y) {\n"
                        "%y = Clip(%x, %l, %h) }",
                        0);
  expect_like_reference(*context,
                        "graph g (%x: float32[65], %h: float32[]) -> (%y) {\n"
                        "%y = Clip(%x, _, %h) }",
                        0);
}

}  // namespace
}  // namespace headway::opencl
