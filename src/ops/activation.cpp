#include "ops/activation.h"

#include <numbers>

#include "ops/broadcast.h"
#include "ops/families.h"
#include "ops/map.h"
#include "ops/rules.h"
#include "ops/strided.h"
#include "ops/zip.h"

namespace headway {
namespace {

double sigmoid(double x) {
  return 1.0 / (1.0 + std::exp(-x));
}

double softplus(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

constexpr auto relu = [](auto x) { return x < 0 ? decltype(x){0} : x; };

constexpr auto hard_swish = [](double x) {
  return x * std::max(0.0, std::min(1.0, x / 6.0 + 0.5));
};

// Activations with parameters: the attribute alpha, and beta or gamma, with their defaults.

struct Elu {
  static constexpr float kAlpha = 1.0f, kBeta = 0.0f;
  static double apply(double x, double alpha, double) { return x < 0 ? alpha * std::expm1(x) : x; }
};

struct Selu {
  static constexpr float kAlpha = 1.67326319217681884765625f;
  static constexpr float kBeta = 1.05070102214813232421875f;
  static double apply(double x, double alpha, double gamma) {
    return gamma * Elu::apply(x, alpha, 0.0);
  }
};

struct Celu {
  static constexpr float kAlpha = 1.0f, kBeta = 0.0f;
  static double apply(double x, double alpha, double) {
    return x < 0 ? alpha * std::expm1(x / alpha) : x;
  }
};

struct LeakyRelu {
  static constexpr float kAlpha = 0.01f, kBeta = 0.0f;
  static double apply(double x, double alpha, double) { return x < 0 ? alpha * x : x; }
};

struct HardSigmoid {
  static constexpr float kAlpha = 0.2f, kBeta = 0.5f;
  static double apply(double x, double alpha, double beta) {
    return std::clamp(alpha * x + beta, 0.0, 1.0);  // A NaN stays one.
  }
};

struct ThresholdedRelu {
  static constexpr float kAlpha = 1.0f, kBeta = 0.0f;
  static double apply(double x, double alpha, double) { return x > alpha ? x : 0.0; }
};

double gelu(double x) {
  return 0.5 * x * (1.0 + std::erf(x / std::numbers::sqrt2));
}

double gelu_tanh(double x) {
  const double scale = std::sqrt(2.0 / std::numbers::pi);
  return 0.5 * x * (1.0 + std::tanh(scale * (x + 0.044715 * x * x * x)));
}

struct Swish {
  static constexpr float kAlpha = 1.0f, kBeta = 0.0f;
  static double apply(double x, double alpha, double) { return x * sigmoid(alpha * x); }
};

template <typename Function>
void parametric_kernel(const Node& node, std::span<const Tensor> inputs,
                       std::span<Tensor> outputs) {
  const double alpha = node.get_float("alpha", Function::kAlpha);
  const double beta = node.get_float("beta", node.get_float("gamma", Function::kBeta));
  map_floats(inputs, outputs, [=](double x) { return Function::apply(x, alpha, beta); });
}

void infer_gelu(InferContext& context) {
  const std::string approximate = context.node().get_string("approximate", "none");
  if (approximate != "none" && approximate != "tanh") {
    context.fail("approximate is '", approximate, "' but must be none or tanh");
  }
  same_as_float_input(context);
}

void run_gelu(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const bool tanh = node.get_string("approximate", "none") == "tanh";
  map_floats(inputs, outputs, tanh ? gelu_tanh : gelu);
}

void run_shrink(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const double bias = node.get_float("bias", 0.0f), lambd = node.get_float("lambd", 0.5f);
  map_numbers(inputs, outputs, [=](auto element) {
    const auto x = static_cast<double>(element);
    return x < -lambd ? x + bias : x > lambd ? x - bias : 0.0;
  });
}

void infer_swiglu(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  require_same_dtypes(context);
  require_same_shapes(context, 0, 1);
  same_as_input(context);
}

void run_swiglu(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const double alpha = node.get_float("alpha", 1.0f);
  dispatch_floats(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    zip<T, T, T>(inputs[0], inputs[1], outputs[0],
                 [=](double gate, double value) { return Swish::apply(gate, alpha, 0.0) * value; });
  });
}

void infer_prelu(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  require_same_dtypes(context);
  require_broadcast_to(context, 1, context.input(0));
  same_as_input(context);
}

void run_prelu(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const Shape& shape = outputs[0].shape();
  dispatch_numbers(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* x = inputs[0].data<T>();
    const T* slope = inputs[1].data<T>();
    T* y = outputs[0].data<T>();
    for_each_row<1>(shape, {broadcast_strides(inputs[1].shape(), shape)},
                    [&](const auto& offsets, const auto& steps, std::int64_t count) {
                      for (std::int64_t i = 0; i < count; ++i, ++x, ++y) {
                        const auto value = load(*x);
                        const auto factor = load(slope[offsets[0] + i * steps[0]]);
                        const auto product = static_cast<Accumulated<T>>(value) *
                                             static_cast<Accumulated<T>>(factor);
                        *y = value < 0 ? store<T>(product) : *x;
                      }
                    });
  });
}

Operator plain(std::string_view name, int since, ReferenceKernel kernel) {
  return {name, "", since, 1, 1, 1, 1, {}, same_as_float_input, kernel};
}

Operator parametric(std::string_view name, int since, std::vector<std::string_view> parameters,
                    ReferenceKernel kernel) {
  Operator op = plain(name, since, kernel);
  for (const std::string_view parameter : parameters) {
    op.attributes.push_back({parameter, AttributeKind::kFloat});
  }
  return op;
}

}  // namespace

double Activation::operator()(double x) const noexcept {
  switch (kind) {
    case ActivationKind::kNone:
      return x;
    case ActivationKind::kRelu:
      return relu(x);
    case ActivationKind::kClip:
      return std::min<double>(std::max<double>(x, min), max);
    case ActivationKind::kSigmoid:
      return sigmoid(x);
    case ActivationKind::kHardSigmoid:
      return HardSigmoid::apply(x, alpha, beta);
    case ActivationKind::kHardSwish:
      return hard_swish(x);
    case ActivationKind::kSilu:
      return x * sigmoid(x);
    case ActivationKind::kLeakyRelu:
      return LeakyRelu::apply(x, alpha, 0.0);
    case ActivationKind::kGelu:
      return gelu(x);
    case ActivationKind::kGeluTanh:
      return gelu_tanh(x);
  }
  return x;
}

std::vector<Operator> activation_operators() {
  return {
      parametric("Celu", 12, {"alpha"}, parametric_kernel<Celu>),
      parametric("Elu", 6, {"alpha"}, parametric_kernel<Elu>),
      {"Gelu", "", 20, 1, 1, 1, 1, {{"approximate", AttributeKind::kString}}, infer_gelu, run_gelu},
      parametric("HardSigmoid", 6, {"alpha", "beta"}, parametric_kernel<HardSigmoid>),
      plain("HardSwish", 14, map_floats_kernel<hard_swish>),
      parametric("LeakyRelu", 16, {"alpha"}, parametric_kernel<LeakyRelu>),
      plain("Mish", 18, map_floats_kernel<[](double x) { return x * std::tanh(softplus(x)); }>),
      {"PRelu", "", 16, 2, 2, 1, 1, {}, infer_prelu, run_prelu},
      {"Relu", "", 14, 1, 1, 1, 1, {}, same_as_number_input, map_numbers_kernel<relu>},
      parametric("Selu", 6, {"alpha", "gamma"}, parametric_kernel<Selu>),
      {"Shrink",
       "",
       9,
       1,
       1,
       1,
       1,
       {{"bias", AttributeKind::kFloat}, {"lambd", AttributeKind::kFloat}},
       same_as_number_input,
       run_shrink},
      plain("Sigmoid", 13, map_floats_kernel<sigmoid>),
      plain("Softplus", 1, map_floats_kernel<softplus>),
      plain("Softsign", 1, map_floats_kernel<[](double x) { return x / (1.0 + std::abs(x)); }>),
      {"SwiGLU", "", 28, 2, 2, 1, 1, {{"alpha", AttributeKind::kFloat}}, infer_swiglu, run_swiglu},
      parametric("Swish", 24, {"alpha"}, parametric_kernel<Swish>),
      parametric("ThresholdedRelu", 10, {"alpha"}, parametric_kernel<ThresholdedRelu>),
  };
}

}  // namespace headway
