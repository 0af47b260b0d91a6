#include "kernels/elementwise/unary.h"

#include <bit>
#include <limits>

#include "kernels/test_support.h"

namespace headway {
namespace {

class UnaryTest : public EveryIsa {};
HEADWAY_TEST_EVERY_ISA(UnaryTest);

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}
double softplus(double x) {
  return std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(x)));
}
double round_to_even(double x) {
  return std::nearbyint(x);
}

struct Claim {
  const char* name;
  Unary function;
  double (*exact)(double x);
  double ulps;      ///< Error in units in the last place of the exact result, or
  double absolute;  ///< this much times max(1, |x|), whichever is larger.
};

constexpr double kHalfUlp = 0.5 + 1e-6;

const Claim kClaims[] = {
    {"identity", {UnaryOp::kIdentity, 0, 0}, [](double x) { return x; }, 0, 0},
    {"relu", {UnaryOp::kRelu, 0, 0}, [](double x) { return x < 0 ? 0.0 : x; }, 0, 0},
    {"clip",
     {UnaryOp::kClip, -1, 6},
     [](double x) { return x < -1  ? -1.0
                           : x > 6 ? 6.0
                                   : x; },
     0,
     0},
    {"leaky_relu",
     {UnaryOp::kLeakyRelu, 0.25F, 0},
     [](double x) { return x < 0 ? x / 4 : x; },
     kHalfUlp,
     0},
    {"elu", {UnaryOp::kElu, 1, 0}, [](double x) { return x < 0 ? std::expm1(x) : x; }, 3, 0},
    {"selu",
     {UnaryOp::kSelu, 1.5F, 1.25F},
     [](double x) { return 1.25 * (x < 0 ? 1.5 * std::expm1(x) : x); },
     4,
     0},
    {"sigmoid", {UnaryOp::kSigmoid, 0, 0}, sigmoid, 4, 1e-38},
    {"hard_sigmoid",
     {UnaryOp::kHardSigmoid, 0.25F, 0.5F},
     [](double x) { return std::fmin(1.0, std::fmax(0.0, x / 4 + 0.5)); },
     2,
     1e-7},
    {"hard_swish",
     {UnaryOp::kHardSwish, 0, 0},
     [](double x) { return x * std::fmin(1.0, std::fmax(0.0, x / 6 + 0.5)); },
     4,
     2e-7},
    {"silu", {UnaryOp::kSilu, 0, 0}, [](double x) { return x * sigmoid(x); }, 4, 1e-37},
    {"tanh", {UnaryOp::kTanh, 0, 0}, [](double x) { return std::tanh(x); }, 3, 0},
    {"gelu",
     {UnaryOp::kGelu, 0, 0},
     [](double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0))); },
     4,
     2e-7},
    {"gelu_tanh",
     {UnaryOp::kGeluTanh, 0, 0},
     [](double x) {
       return x / 2 * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x)));
     },
     4,
     3e-7},
    {"softplus", {UnaryOp::kSoftplus, 0, 0}, softplus, 4, 1e-38},
    {"softsign", {UnaryOp::kSoftsign, 0, 0}, [](double x) { return x / (1 + std::fabs(x)); }, 2, 0},
    {"mish", {UnaryOp::kMish, 0, 0}, [](double x) { return x * std::tanh(softplus(x)); }, 6, 1e-36},
    {"exp", {UnaryOp::kExp, 0, 0}, [](double x) { return std::exp(x); }, 2, 0},
    {"log", {UnaryOp::kLog, 0, 0}, [](double x) { return std::log(x); }, 2, 0},
    {"sqrt", {UnaryOp::kSqrt, 0, 0}, [](double x) { return std::sqrt(x); }, kHalfUlp, 0},
    {"reciprocal", {UnaryOp::kReciprocal, 0, 0}, [](double x) { return 1 / x; }, kHalfUlp, 0},
    {"erf", {UnaryOp::kErf, 0, 0}, [](double x) { return std::erf(x); }, 3, 0},
    {"abs", {UnaryOp::kAbs, 0, 0}, [](double x) { return std::fabs(x); }, 0, 0},
    {"neg", {UnaryOp::kNeg, 0, 0}, [](double x) { return -x; }, 0, 0},
    {"floor", {UnaryOp::kFloor, 0, 0}, [](double x) { return std::floor(x); }, 0, 0},
    {"ceil", {UnaryOp::kCeil, 0, 0}, [](double x) { return std::ceil(x); }, 0, 0},
    {"round", {UnaryOp::kRound, 0, 0}, round_to_even, 0, 0},
    {"sign", {UnaryOp::kSign, 0, 0}, [](double x) { return x > 0   ? 1.0
                                                           : x < 0 ? -1.0
                                                                   : x; }, 0, 0},
    {"square", {UnaryOp::kSquare, 0, 0}, [](double x) { return x * x; }, kHalfUlp, 0},
    {"sin", {UnaryOp::kSin, 0, 0}, [](double x) { return std::sin(x); }, 3, 0},
    {"cos", {UnaryOp::kCos, 0, 0}, [](double x) { return std::cos(x); }, 3, 0},
    {"asin", {UnaryOp::kAsin, 0, 0}, [](double x) { return std::asin(x); }, 4, 0},
    {"acos", {UnaryOp::kAcos, 0, 0}, [](double x) { return std::acos(x); }, 4, 0},
    {"atan", {UnaryOp::kAtan, 0, 0}, [](double x) { return std::atan(x); }, 4, 0},
    {"swish", {UnaryOp::kSwish, 2, 0}, [](double x) { return x * sigmoid(2 * x); }, 4, 1e-37},
    {"shrink",
     {UnaryOp::kShrink, 0.5F, 0.25F},
     [](double x) { return x < -0.5  ? x + 0.25
                           : x > 0.5 ? x - 0.25
                                     : 0.0; },
     kHalfUlp,
     0},
    {"linear", {UnaryOp::kLinear, 2, 0.5F}, [](double x) { return 2 * x + 0.5; }, 1, 0},
};

/// Floats spread evenly over all representations, and densely where functions are used.
GuardedFloats& sample() {
  static GuardedFloats floats(1 << 17);
  Generator generator(7);
  generator.fill(floats);
  for (std::int64_t i = 0; i < floats.size(); ++i) {
    if (i % 2 == 0) {
      floats[i] =
          std::bit_cast<float>(static_cast<std::uint32_t>(generator.integer(0, 0xffffffffLL)));
    } else {
      floats[i] *= static_cast<float>(i % 8 == 1 ? 100 : i % 8 == 3 ? 10 : 1);
    }
  }
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float special[] = {0.0F,    -0.0F,      kInfinity, -kInfinity,      0.5F,  1.5F,  2.5F,
                           -0.5F,   8388607.5F, 1e-45F,    1.17549435e-38F, 88.7F, 88.8F, -87.4F,
                           -103.9F, 3.4e38F};
  std::copy(std::begin(special), std::end(special), floats.data());
  return floats;
}

double error_in_ulps(float actual, double exact) {
  int exponent = 0;
  std::frexp(exact, &exponent);
  const double ulp = std::ldexp(1.0, std::max(exponent - 24, -149));
  return std::fabs(static_cast<double>(actual) - exact) / ulp;
}

bool keeps(const Claim& claim, float x, float actual) {
  const double wide = static_cast<double>(x);
  const double exact = claim.exact(wide);
  const auto rounded = static_cast<float>(exact);
  if (std::isnan(exact)) return std::isnan(actual);
  if (std::isnan(x)) return std::isnan(actual) || claim.function.op == UnaryOp::kShrink;
  if (std::isinf(rounded) || std::isinf(actual)) {
    const bool near_overflow = std::fabs(exact) > 3.4028e38 && std::fabs(actual) > 3.4028e38F;
    return rounded == actual || (near_overflow && std::signbit(actual) == std::signbit(exact));
  }
  if (error_in_ulps(actual, exact) <= claim.ulps) return true;
  return std::fabs(static_cast<double>(actual) - exact) <=
         claim.absolute * std::fmax(1.0, std::fabs(wide));
}

TEST_P(UnaryTest, ErrorsStayWithinTheClaims) {
  const GuardedFloats& input = sample();
  for (const Claim& claim : kClaims) {
    GuardedFloats output(input.size());
    unary(context(), claim.function, input.size(), input.data(), output.data());
    int failures = 0;
    double worst = 0;
    for (std::int64_t i = 0; i < input.size(); ++i) {
      const double exact = claim.exact(static_cast<double>(input[i]));
      if (std::fabs(exact) > 1.2e-38 && std::fabs(exact) < 3.4e38) {
        worst = std::fmax(worst, error_in_ulps(output[i], exact));
      }
      if (keeps(claim, input[i], output[i])) continue;
      if (++failures <= 3) {
        ADD_FAILURE() << claim.name << "(" << input[i] << ") = " << output[i] << ", not " << exact;
      }
    }
    RecordProperty(claim.name, std::to_string(worst));
  }
}

TEST_P(UnaryTest, KeepsNaN) {
  for (const Claim& claim : kClaims) {
    if (claim.function.op == UnaryOp::kShrink) continue;  // Neither below nor above.
    float value = std::numeric_limits<float>::quiet_NaN();
    unary(context(), claim.function, 1, &value, &value);
    EXPECT_TRUE(std::isnan(value)) << claim.name << " gives " << value;
  }
}

TEST_P(UnaryTest, WorksInPlaceOnEverySize) {
  Generator generator(9);
  for (std::int64_t size : {0, 1, 3, 4, 5, 15, 16, 17, 63, 100, 40000}) {
    GuardedFloats values(size);
    generator.fill(values);
    std::vector<double> expected;
    for (std::int64_t i = 0; i < size; ++i)
      expected.push_back(std::exp(static_cast<double>(values[i])));
    unary(context(), {UnaryOp::kExp, 0, 0}, size, values.data(), values.data());
    expect_near(values, expected, 1e-6);
  }
}

}  // namespace
}  // namespace headway
