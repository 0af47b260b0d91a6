#include <limits>
#include <numbers>

#include "ops/op_testing.h"

namespace headway {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(Unary, HandComputed) {
  const auto check = [](const char* op, float x, float wanted) {
    SCOPED_TRACE(op);
    expect_near(run_op(op, {floats({}, {x})}), floats({}, {wanted}), 1e-6);
  };
  check("Abs", -3, 3);
  check("Neg", -3, 3);
  check("Sign", -3, -1);
  check("Ceil", -1.5, -1);
  check("Floor", -1.5, -2);
  check("Round", 2.5, 2);
  check("Round", -1.5, -2);
  check("Round", 0.4999f, 0);
  check("Reciprocal", 4, 0.25);
  check("Sqrt", 9, 3);
  check("Exp", 1, std::numbers::e_v<float>);
  check("Log", std::numbers::e_v<float>, 1);
  check("Sin", std::numbers::pi_v<float> / 2, 1);
  check("Cos", std::numbers::pi_v<float>, -1);
  check("Tan", 0, 0);
  check("Tanh", 0.5f, 0.46211716f);
  check("Erf", 1, 0.84270079f);
  check("Asin", 1, std::numbers::pi_v<float> / 2);
  check("Acos", 1, 0);
  check("Atan", 1, std::numbers::pi_v<float> / 4);
  check("Sinh", 1, 1.17520119f);
  check("Cosh", 1, 1.54308063f);
  check("Asinh", 1.17520119f, 1);
  check("Acosh", 1.54308063f, 1);
  check("Atanh", 0.46211716f, 0.5f);
}

TEST(Activation, HandComputed) {
  const auto check = [](const char* op, float x, float wanted, Attributes attributes = {}) {
    SCOPED_TRACE(op);
    expect_near(run_op(op, {floats({}, {x})}, attributes), floats({}, {wanted}), 1e-6);
  };
  check("Relu", -2, 0);
  check("Relu", 2, 2);
  check("LeakyRelu", -2, -0.02f);
  check("LeakyRelu", -2, -1, {{"alpha", 0.5f}});
  check("Elu", -1, std::exp(-1.0f) - 1);
  check("Selu", 1, 1.0507010f);
  check("Celu", -2, 2 * (std::exp(-1.0f) - 1), {{"alpha", 2.0f}});
  check("Sigmoid", 0, 0.5);
  check("Sigmoid", -200, 0);
  check("HardSigmoid", 1, 0.7f);
  check("HardSigmoid", 9, 1);
  check("HardSwish", 3, 3);
  check("HardSwish", 1, 4.0f / 6);
  check("HardSwish", -4, 0);
  check("Softplus", 0, std::numbers::ln2_v<float>);
  check("Softplus", 500, 500);
  check("Softsign", -3, -0.75);
  check("Gelu", 1, 0.84134475f);
  check("Gelu", 1, 0.84119199f, {{"approximate", std::string("tanh")}});
  check("Mish", 1, 0.86509839f);
  check("Swish", 1, 0.73105858f);
  check("ThresholdedRelu", 1, 0);
  check("Shrink", 0.5f, 0);
  check("Shrink", 3, 1, {{"lambd", 1.0f}, {"bias", 2.0f}});
  check("Shrink", -3, -1, {{"lambd", 1.0f}, {"bias", 2.0f}});
}

TEST(Activation, NanStaysNan) {
  for (const char* op :
       {"Celu", "Relu", "HardSigmoid", "HardSwish", "LeakyRelu", "Sigmoid", "Tanh"}) {
    const Tensor y = run_op(op, {floats({}, {kNan})});
    EXPECT_TRUE(std::isnan(y.data<float>()[0])) << op;
  }
}

TEST(Activation, PReluOfIntegersWrapsAround) {
  const Tensor x = Tensor::from<std::int32_t>({1}, {std::numeric_limits<std::int32_t>::min()});
  const Tensor slope = Tensor::from<std::int32_t>({1}, {-3});
  EXPECT_EQ(to_ints(run_op("PRelu", {x, slope}))[0], std::numeric_limits<std::int32_t>::min());
}

TEST(Activation, PReluBroadcastsItsSlope) {
  const Tensor x = floats({1, 2, 2}, {-1, 2, -3, 4});
  expect_near(run_op("PRelu", {x, floats({2, 1}, {0.5, 2})}), floats({1, 2, 2}, {-0.5, 2, -6, 4}));
  expect_error(ErrorCode::kInvalidModel, {"input 1", "broadcast"}, [&] {
    run_op("PRelu", {floats({2}, {1, 2}), floats({2, 2}, {1, 2, 3, 4})});
  });
}

TEST(Activation, SwiGluGatesItsSecondInput) {
  const Tensor gate = random_floats({3, 2}), value = random_floats({3, 2}, 2);
  const Attributes alpha = {{"alpha", 1.5f}};
  expect_near(run_op("SwiGLU", {gate, value}, alpha),
              run_op("Mul", {run_op("Swish", {gate}, alpha), value}));
  expect_error(ErrorCode::kInvalidModel, {"shapes must be equal"}, [&] {
    run_op("SwiGLU", {gate, floats({1}, {1})});
  });
}

TEST(Unary, TestsAndNot) {
  const Tensor x = floats({4}, {kInfinity, -kInfinity, kNan, 1});
  const auto bools = [](std::initializer_list<bool> values) {
    return Tensor::from<bool>({static_cast<std::int64_t>(values.size())}, values);
  };
  expect_near(run_op("IsNaN", {x}), bools({false, false, true, false}));
  expect_near(run_op("IsInf", {x}), bools({true, true, false, false}));
  expect_near(run_op("IsInf", {x}, {{"detect_positive", std::int64_t{0}}}),
              bools({false, true, false, false}));
  expect_near(run_op("Not", {bools({true, false})}), bools({false, true}));
}

TEST(Unary, IntegersWrapAround) {
  const Tensor x = Tensor::from<std::int8_t>({2}, {-128, 5});
  EXPECT_EQ(to_ints(run_op("Neg", {x})), (std::vector<std::int64_t>{-128, -5}));
  EXPECT_EQ(to_ints(run_op("Abs", {x})), (std::vector<std::int64_t>{-128, 5}));
}

TEST(Binary, BroadcastsBothWays) {
  const Tensor column = floats({3, 1}, {1, 2, 3}), row = floats({2}, {10, 20});
  expect_near(run_op("Add", {column, row}), floats({3, 2}, {11, 21, 12, 22, 13, 23}));
  expect_near(run_op("Sub", {row, column}), floats({3, 2}, {9, 19, 8, 18, 7, 17}));
  expect_near(run_op("Mul", {column, floats({}, {2})}), floats({3, 1}, {2, 4, 6}));
  EXPECT_EQ(run_op("Add", {Tensor::zeros(DType::kFloat32, {0, 3}), floats({1, 1}, {1})}).shape(),
            (Shape{0, 3}));
}

TEST(Binary, IntegerArithmetic) {
  EXPECT_EQ(to_ints(run_op("Div", {ints({7, -7}), ints({2})})), (std::vector<std::int64_t>{3, -3}));
  EXPECT_EQ(to_ints(run_op("Mod", {ints({7, -7}), ints({3, 3})})),
            (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(to_ints(run_op("Mod", {ints({7, -7}), ints({3, 3})}, {{"fmod", std::int64_t{1}}})),
            (std::vector<std::int64_t>{1, -1}));
  EXPECT_EQ(to_ints(run_op("Pow", {ints({2, -1, 2}), ints({10, 3, -1})})),
            (std::vector<std::int64_t>{1024, -1, 0}));
  const std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(to_ints(run_op("Div", {ints({lowest}), ints({-1})})).front(), lowest);
  EXPECT_EQ(to_ints(run_op("Add", {ints({lowest}), ints({lowest})})).front(), 0);
  for (const char* op : {"Div", "Mod"}) {
    expect_error(ErrorCode::kInvalidArgument, {"'it'", "divided by zero"}, [&] {
      run_op(op, {ints({1}), ints({0})});
    });
  }
}

TEST(Binary, ComparisonsAndLogic) {
  const auto check = [](const char* op, std::vector<std::int64_t> wanted) {
    EXPECT_EQ(to_ints(run_op(op, {ints({1, 2, 3}), ints({2})})), wanted) << op;
  };
  check("Equal", {0, 1, 0});
  check("Less", {1, 0, 0});
  check("LessOrEqual", {1, 1, 0});
  check("Greater", {0, 0, 1});
  check("GreaterOrEqual", {0, 1, 1});
  const Tensor a = Tensor::from<bool>({4}, {false, false, true, true});
  const Tensor b = Tensor::from<bool>({4}, {false, true, false, true});
  EXPECT_EQ(to_ints(run_op("And", {a, b})), (std::vector<std::int64_t>{0, 0, 0, 1}));
  EXPECT_EQ(to_ints(run_op("Or", {a, b})), (std::vector<std::int64_t>{0, 1, 1, 1}));
  EXPECT_EQ(to_ints(run_op("Xor", {a, b})), (std::vector<std::int64_t>{0, 1, 1, 0}));
}

TEST(Binary, KeepsSymbolsAndRefusesWhatCannotBroadcast) {
  const auto infer = [](std::vector<Dim> a, std::vector<Dim> b) {
    return OneNode("Add", {type_of(a), type_of(b)}).infer().to_string();
  };
  EXPECT_EQ(infer({symbol("N"), 1, 4}, {symbol("N"), 3, 1}), "float32[N,3,4]");
  EXPECT_EQ(infer({symbol("N"), 4}, {1}), "float32[N,4]");
  EXPECT_EQ(infer({symbol("N")}, {7}), "float32[7]");
  EXPECT_EQ(infer({symbol("N")}, {symbol("M")}), "float32[?]");
  expect_error(ErrorCode::kInvalidModel, {"'it'", "[2]", "[3]", "broadcast"},
               [&] { infer({2}, {3}); });
  expect_error(ErrorCode::kInvalidModel, {"dtypes must be equal", "int64"}, [] {
    OneNode("Add", {type_of({1}), type_of({1}, DType::kInt64)}).infer();
  });
}

TEST(Nary, MinMaxSumMean) {
  const std::vector<Tensor> x = {floats({2}, {1, 5}), floats({1}, {3}), floats({2}, {2, 4})};
  expect_near(run_op("Min", x), floats({2}, {1, 3}));
  expect_near(run_op("Max", x), floats({2}, {3, 5}));
  expect_near(run_op("Sum", x), floats({2}, {6, 12}));
  expect_near(run_op("Mean", x), floats({2}, {2, 4}));
  EXPECT_TRUE(std::isnan(to_doubles(run_op("Max", {floats({1}, {1}), floats({1}, {kNan})}))[0]));
}

TEST(Nary, ClipAndWhere) {
  const Tensor x = floats({3}, {-5, 0.5, 9});
  expect_near(run_op("Clip", {x, floats({}, {0}), floats({}, {6})}), floats({3}, {0, 0.5, 6}));
  expect_near(run_op("Clip", {x, Tensor(), floats({}, {6})}), floats({3}, {-5, 0.5, 6}));
  expect_near(run_op("Clip", {x}), x);
  expect_error(ErrorCode::kInvalidModel, {"must be a scalar"}, [&] {
    run_op("Clip", {x, floats({2}, {0, 1})});
  });
  const Tensor condition = Tensor::from<bool>({2, 1}, {true, false});
  expect_near(run_op("Where", {condition, floats({2}, {1, 2}), floats({}, {7})}),
              floats({2, 2}, {1, 2, 7, 7}));
}

TEST(Cast, SaturatesAndCutsTowardsZero) {
  const auto cast = [](const Tensor& x, std::int64_t to) {
    return run_op("Cast", {x}, {{"to", to}});
  };
  const Tensor x = floats({4}, {-1.9f, 300, kNan, -kInfinity});
  EXPECT_EQ(to_ints(cast(x, 2)), (std::vector<std::int64_t>{0, 255, 0, 0}));
  EXPECT_EQ(to_ints(cast(x, 3)), (std::vector<std::int64_t>{-1, 127, 0, -128}));
  EXPECT_EQ(to_ints(cast(x, 9)), (std::vector<std::int64_t>{1, 1, 1, 1}));
  EXPECT_EQ(cast(ints({3}), 1).dtype(), DType::kFloat32);
  EXPECT_EQ(run_op("CastLike", {ints({3}), floats({}, {0})}).dtype(), DType::kFloat32);
  expect_error(ErrorCode::kUnsupported, {"number 14"}, [&] { cast(x, 14); });
}

}  // namespace
}  // namespace headway
