#include "node_testing.h"

namespace headway {
namespace {

/// The node over random operands that are broadcast to random shapes.
void check_binary(const std::string& op, DType dtype, const Attributes& attributes = {},
                  bool nonzero = false, std::size_t operands = 2) {
  Random random(static_cast<std::uint64_t>(dtype) + op.size());
  for (int round = 0; round < 4 && !testing::Test::HasFailure(); ++round) {
    const Shape shape = round == 0 ? Shape{3, 1500} : random_shape(random, 4, 9);
    NodeCase c{op, {random_elements(dtype, shape, random)}, attributes};
    while (c.inputs.size() < operands)
      c.inputs.push_back(random_elements(dtype, random_operand(random, shape), random));
    if (nonzero) {
      dispatch(dtype, [&]<typename T>(std::type_identity<T>) {
        for (T& y : c.inputs[1].values<T>()) {
          if constexpr (std::is_integral_v<T>) y = y == 0 ? T{1} : y;
        }
      });
    }
    expect_same_as_reference(c);
    if (operands == 2 && op != "PRelu") {
      if (!nonzero) std::swap(c.inputs[0], c.inputs[1]);
      expect_same_as_reference(c);
    }
  }
}

TEST(TypedOperators, Arithmetic) {
  for (const std::string op : {"Add", "Sub", "Mul", "Max", "Min"}) {
    for (const DType dtype : kIntegers) check_binary(op, dtype);
    check_binary(op, DType::kFloat64);
  }
  for (const DType dtype : kIntegers) {
    check_binary("Div", dtype, {}, true);
    check_binary("Mod", dtype, {}, true);
    check_binary("Mod", dtype, {{"fmod", std::int64_t{1}}}, true);
  }
  check_binary("Div", DType::kFloat64);
  for (const DType dtype : kReals) check_binary("PRelu", dtype);
}

TEST(TypedOperators, Folds) {
  for (const std::string op : {"Max", "Min", "Sum"}) {
    for (const DType dtype : {DType::kInt8, DType::kInt64, DType::kFloat64}) {
      if (op == "Sum" && dtype == DType::kFloat64) continue;
      for (const std::size_t operands : {2, 3, 6}) check_binary(op, dtype, {}, false, operands);
    }
  }
  check_binary("Max", DType::kFloat32, {}, false, 3);
}

TEST(TypedOperators, Bits) {
  for (const std::string op : {"BitwiseAnd", "BitwiseOr", "BitwiseXor"}) {
    for (const DType dtype : kIntegers) check_binary(op, dtype);
  }
  for (const std::string op : {"And", "Or", "Xor", "Equal"}) check_binary(op, DType::kBool);
  for (const std::string direction : {"LEFT", "RIGHT"}) {
    for (const DType dtype : kIntegers) check_binary("BitShift", dtype, {{"direction", direction}});
  }
}

TEST(TypedOperators, Comparisons) {
  for (const std::string op : {"Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"}) {
    for (const DType dtype : kIntegers) check_binary(op, dtype);
    for (const DType dtype : kReals) check_binary(op, dtype);
  }
}

void check_unary(const std::string& op, DType dtype, const Attributes& attributes = {}) {
  Random random(static_cast<std::uint64_t>(dtype) + op.size());
  for (const Shape& shape : {Shape{}, Shape{7}, Shape{2, 3, 1}, Shape{20011}})
    expect_same_as_reference({op, {random_elements(dtype, shape, random)}, attributes});
}

TEST(TypedOperators, OneOperand) {
  for (const DType dtype : kIntegers) {
    for (const std::string op : {"Abs", "BitwiseNot", "Neg", "Relu", "Sign"})
      check_unary(op, dtype);
  }
  check_unary("Not", DType::kBool);
  for (const DType dtype : kReals) {
    check_unary("IsNaN", dtype);
    check_unary("IsInf", dtype);
    check_unary("IsInf", dtype, {{"detect_positive", std::int64_t{0}}});
    check_unary("IsInf", dtype, {{"detect_negative", std::int64_t{0}}});
  }
  for (const std::string op : {"Abs", "Ceil", "Floor", "Neg", "Reciprocal", "Sqrt"})
    check_unary(op, DType::kFloat64);
}

TEST(TypedOperators, Clip) {
  Random random(1);
  for (const DType dtype : kIntegers) {
    const Tensor x = random_elements(dtype, {5, 300}, random);
    const Tensor low = Tensor::from<std::int64_t>({1}, {2}).to(dtype);
    const Tensor high = Tensor::from<std::int64_t>({}, {5}).to(dtype);
    expect_same_as_reference({"Clip", {x, low, high}});
    expect_same_as_reference({"Clip", {x, Tensor(), high}});
    expect_same_as_reference({"Clip", {x, high, low}, {}, 1, {1, 2}});
  }
}

TEST(TypedOperators, SquaresAndCubes) {
  Random random(6);
  for (const DType dtype : kIntegers) {
    for (const std::int64_t exponent : {2, 3}) {
      expect_same_as_reference(
          {"Pow",
           {random_elements(dtype, {5, 300}, random), Tensor::from<std::int64_t>({}, {exponent})},
           {},
           1,
           {1}});
    }
  }
}

TEST(TypedOperators, Where) {
  Random random(2);
  for (const DType dtype : {DType::kBool, DType::kInt8, DType::kFloat16, DType::kInt32,
                            DType::kFloat32, DType::kInt64, DType::kFloat64}) {
    for (int round = 0; round < 12; ++round) {
      const Shape shape = round == 0 ? Shape{2, 3, 1100} : random_shape(random, 4, 9);
      expect_same_as_reference(
          {"Where",
           {random_elements(DType::kBool, random_operand(random, shape), random),
            random_elements(dtype, random_operand(random, shape), random),
            random_elements(dtype, random_operand(random, shape), random)}});
    }
  }
}

TEST(TypedOperators, Casts) {
  std::vector<std::pair<DType, std::int64_t>> all = {
      {DType::kFloat32, 1},  {DType::kUInt8, 2},    {DType::kInt8, 3},    {DType::kUInt16, 4},
      {DType::kInt16, 5},    {DType::kInt32, 6},    {DType::kInt64, 7},   {DType::kBool, 9},
      {DType::kFloat16, 10}, {DType::kFloat64, 11}, {DType::kUInt32, 12}, {DType::kUInt64, 13},
      {DType::kBFloat16, 16}};
  Random random(3);
  for (const auto& [from, unused] : all) {
    const Tensor x = random_elements(from, {3011}, random);
    for (const auto& [to, number] : all) {
      if (to != from) expect_same_as_reference({"Cast", {x}, {{"to", number}}});
    }
  }
}

TEST(TypedOperators, EveryHalfBecomesAFloatAndBack) {
  for (const DType half : kHalves) {
    Tensor x = Tensor::allocate(half, {65536});
    for (std::size_t i = 0; i < 65536; ++i)
      static_cast<std::uint16_t*>(x.raw())[i] = static_cast<std::uint16_t>(i);
    expect_same_as_reference({"Cast", {x}, {{"to", std::int64_t{1}}}});
    expect_same_as_reference({"Cast",
                              {x.to(DType::kFloat32)},
                              {{"to", std::int64_t{half == DType::kFloat16 ? 10 : 16}}}});
  }
  // Around the halfway points between neighbours, subnormal ones included.
  Random random(4);
  Tensor y = Tensor::allocate(DType::kFloat32, {100000});
  for (float& value : y.values<float>()) {
    const auto bits = static_cast<std::uint16_t>(random.next());
    Float16 half;
    half.bits = bits;
    value = static_cast<float>(half);
    value += std::ldexp(value, -11) + std::ldexp(static_cast<float>(random.below(3)) - 1, -40);
  }
  expect_same_as_reference({"Cast", {y}, {{"to", std::int64_t{10}}}});
}

/// The axes of every other subset, from a bit mask.
std::vector<std::int64_t> axes_in(std::size_t mask, std::size_t rank) {
  std::vector<std::int64_t> axes;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    if ((mask >> axis & 1) != 0) axes.push_back(static_cast<std::int64_t>(axis));
  }
  return axes;
}

void check_reductions(const std::string& op, DType dtype) {
  Random random(static_cast<std::uint64_t>(dtype) + op.size());
  for (const Shape& shape : {Shape{40}, Shape{3, 600}, Shape{2, 70, 3}, Shape{2, 3, 1, 5}}) {
    for (std::size_t mask = 1; mask < std::size_t{1} << shape.size(); mask += 1 + mask % 2) {
      Tensor x = random_elements(dtype, shape, random);
      // Which of two zeros is the larger one is nobody's business.
      if (dtype == DType::kFloat64) {
        for (double& element : x.values<double>()) element += 0.0;
      }
      expect_same_as_reference({op, {x}, {{"axes", axes_in(mask, shape.size())}}});
    }
  }
}

TEST(TypedOperators, Reductions) {
  for (const DType dtype : kIntegers) {
    for (const std::string op :
         {"ReduceMax", "ReduceMin", "ReduceSum", "ReduceProd", "ReduceL1", "ReduceSumSquare"})
      check_reductions(op, dtype);
  }
  for (const DType dtype : {DType::kInt64, DType::kUInt64}) check_reductions("ReduceMean", dtype);
  for (const std::string op : {"ReduceMax", "ReduceMin"}) {
    check_reductions(op, DType::kBool);
    check_reductions(op, DType::kFloat64);
  }
}

/// Their sums are rounded in another order.
TEST(TypedOperators, ReductionsOfDoubles) {
  Random random(5);
  for (const std::string op :
       {"ReduceSum", "ReduceMean", "ReduceL1", "ReduceL2", "ReduceProd", "ReduceSumSquare"}) {
    for (const std::vector<std::int64_t>& axes : {std::vector<std::int64_t>{1}, {0}, {2}, {1, 2}}) {
      const Tensor x = random_tensor({3, 70, 50}, random.next()).to(DType::kFloat64);
      const Model model(graph_of({op, {x}, {{"axes", axes}}}));
      const Program program = model.compile({.threads = 2});
      EXPECT_EQ(program.summary().reference_nodes, 0u);
      Session session(program);
      const Tensor expected = run_reference(model.graph(), std::span(&x, 1))[0];
      EXPECT_LT(relative_error(session.run(std::span(&x, 1))[0], expected), 1e-12) << op;
    }
  }
}

TEST(TypedOperators, AnIntegerDividedByZeroIsSaid) {
  const Model model = model_of(R"(graph g (%a: int32[2], %b: int32[1]) -> (%y) {
    %y = Div(%a, %b) "half"
  })");
  const Program program = model.compile();
  EXPECT_EQ(program.summary().reference_nodes, 0u);
  Session session(program);
  const std::vector<Tensor> bad = {Tensor::from<std::int32_t>({2}, {4, 5}),
                                   Tensor::from<std::int32_t>({1}, {0})};
  try {
    session.run(bad);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "node 'half' (Div): an integer is divided by zero");
  }
}

}  // namespace
}  // namespace headway
