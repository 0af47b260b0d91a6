#include <limits>

#include "ops/families.h"
#include "ops/map.h"
#include "ops/rules.h"

namespace headway {
namespace {

constexpr auto negate = [](auto x) {
  if constexpr (std::is_integral_v<decltype(x)>) {
    return 0 - static_cast<std::uint64_t>(x);
  } else {
    return -x;
  }
};

constexpr auto absolute = [](auto x) {
  return x < 0 ? negate(x) : static_cast<decltype(negate(x))>(x);
};

constexpr auto sign = [](auto x) {
  return x != x ? x : static_cast<decltype(x)>((x > 0) - (x < 0));
};

/// Halves go to the even neighbour, whatever the rounding mode.
constexpr auto round_half_even = [](double x) {
  const double rounded = std::round(x);
  const bool half = std::abs(x - std::trunc(x)) == 0.5;
  return half ? 2.0 * std::round(x / 2.0) : rounded;
};

void run_not(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const std::span<const bool> x = inputs[0].values<bool>();
  bool* y = outputs[0].data<bool>();
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = !x[i];
}

void infer_not(InferContext& context) {
  require_dtype(context, 0, {DType::kBool});
  same_as_input(context);
}

void infer_test(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  context.set_output(0, {DType::kBool, context.input(0).shape});
}

template <typename Test>
void test_elements(const Tensor& input, Tensor& output, Test test) {
  dispatch_floats(input.dtype(), [&]<typename T>(std::type_identity<T>) {
    const std::span<const T> x = input.values<T>();
    bool* y = output.data<bool>();
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = test(load(x[i]));
  });
}

void run_is_nan(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  test_elements(inputs[0], outputs[0], [](double x) { return std::isnan(x); });
}

void run_is_inf(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const bool positive = node.get_int("detect_positive", 1) != 0;
  const bool negative = node.get_int("detect_negative", 1) != 0;
  test_elements(inputs[0], outputs[0],
                [=](double x) { return std::isinf(x) && (x > 0 ? positive : negative); });
}

Operator floats(std::string_view name, int since, ReferenceKernel kernel) {
  return {name, "", since, 1, 1, 1, 1, {}, same_as_float_input, kernel};
}

Operator numbers(std::string_view name, int since, ReferenceKernel kernel) {
  return {name, "", since, 1, 1, 1, 1, {}, same_as_number_input, kernel};
}

}  // namespace

std::vector<Operator> elementwise_unary_operators() {
  return {
      numbers("Abs", 13, map_numbers_kernel<absolute>),
      floats("Acos", 7, map_floats_kernel<[](double x) { return std::acos(x); }>),
      floats("Acosh", 9, map_floats_kernel<[](double x) { return std::acosh(x); }>),
      floats("Asin", 7, map_floats_kernel<[](double x) { return std::asin(x); }>),
      floats("Asinh", 9, map_floats_kernel<[](double x) { return std::asinh(x); }>),
      floats("Atan", 7, map_floats_kernel<[](double x) { return std::atan(x); }>),
      floats("Atanh", 9, map_floats_kernel<[](double x) { return std::atanh(x); }>),
      floats("Ceil", 13, map_floats_kernel<[](double x) { return std::ceil(x); }>),
      floats("Cos", 7, map_floats_kernel<[](double x) { return std::cos(x); }>),
      floats("Cosh", 9, map_floats_kernel<[](double x) { return std::cosh(x); }>),
      floats("Erf", 13, map_floats_kernel<[](double x) { return std::erf(x); }>),
      floats("Exp", 13, map_floats_kernel<[](double x) { return std::exp(x); }>),
      floats("Floor", 13, map_floats_kernel<[](double x) { return std::floor(x); }>),
      {"IsInf",
       "",
       10,
       1,
       1,
       1,
       1,
       {{"detect_negative", AttributeKind::kInt}, {"detect_positive", AttributeKind::kInt}},
       infer_test,
       run_is_inf},
      {"IsNaN", "", 13, 1, 1, 1, 1, {}, infer_test, run_is_nan},
      floats("Log", 13, map_floats_kernel<[](double x) { return std::log(x); }>),
      numbers("Neg", 13, map_numbers_kernel<negate>),
      {"Not", "", 1, 1, 1, 1, 1, {}, infer_not, run_not},
      floats("Reciprocal", 13, map_floats_kernel<[](double x) { return 1.0 / x; }>),
      floats("Round", 11, map_floats_kernel<round_half_even>),
      numbers("Sign", 13, map_numbers_kernel<sign>),
      floats("Sin", 7, map_floats_kernel<[](double x) { return std::sin(x); }>),
      floats("Sinh", 9, map_floats_kernel<[](double x) { return std::sinh(x); }>),
      floats("Sqrt", 13, map_floats_kernel<[](double x) { return std::sqrt(x); }>),
      floats("Tan", 7, map_floats_kernel<[](double x) { return std::tan(x); }>),
      floats("Tanh", 13, map_floats_kernel<[](double x) { return std::tanh(x); }>),
  };
}

}  // namespace headway
