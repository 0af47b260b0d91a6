#include "ops/fused.h"

#include <algorithm>
#include <limits>

#include "ops/conv_rules.h"
#include "ops/convolve.h"
#include "ops/dims.h"
#include "ops/families.h"
#include "ops/fused_rules.h"
#include "ops/map.h"
#include "ops/matmul_reference.h"
#include "ops/normalization_rules.h"
#include "ops/rules.h"

namespace headway {
namespace {

using NamedActivation = std::pair<ActivationKind, std::string_view>;

constexpr NamedActivation kNames[] = {
    {ActivationKind::kNone, ""},
    {ActivationKind::kRelu, "Relu"},
    {ActivationKind::kClip, "Clip"},
    {ActivationKind::kSigmoid, "Sigmoid"},
    {ActivationKind::kHardSigmoid, "HardSigmoid"},
    {ActivationKind::kHardSwish, "HardSwish"},
    {ActivationKind::kSilu, "SiLU"},
    {ActivationKind::kLeakyRelu, "LeakyRelu"},
    {ActivationKind::kGelu, "Gelu"},
    {ActivationKind::kGeluTanh, "GeluTanh"},
};

constexpr float kLowest = std::numeric_limits<float>::lowest();
constexpr float kHighest = std::numeric_limits<float>::max();

void infer_fused_batch_normalization(InferContext& context) {
  fused_activation(context.node());
  infer_batch_normalization(context);
}

void infer_fused_conv(InferContext& context) {
  fused_activation(context.node());
  const TensorType output = infer_convolution(context);
  require_residual(context, output);
  context.set_output(0, output);
}

void infer_fused_gemm(InferContext& context) {
  fused_activation(context.node());
  require_dtype(context, 0, kFloatTypes);
  context.set_output(0, infer_gemm_type(context));
}

void run_fused_gemm(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const GemmShapes shapes = gemm_shapes(node, inputs[0].shape(), inputs[1].shape());
  const Activation activation = fused_activation(node);
  const Tensor addend = inputs.size() > 2 ? inputs[2] : Tensor();
  dispatch_floats(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    multiply_gemm<T>(shapes, inputs[0], inputs[1], addend, outputs[0], activation);
  });
}

void infer_fused_matmul(InferContext& context) {
  fused_activation(context.node());
  require_dtype(context, 0, kFloatTypes);
  require_same_dtypes(context);
  const TensorType output = infer_matmul_type(context);
  require_broadcast_to(context, 2, output);
  require_broadcast_to(context, 3, output);
  context.set_output(0, output);
}

/// The input repeated to the output's shape, in double; zeros if it is omitted.
std::vector<double> spread(std::span<const Tensor> inputs, std::size_t index, const Shape& shape) {
  std::vector<double> result(static_cast<std::size_t>(num_elements(shape)), 0.0);
  if (index >= inputs.size() || !inputs[index].defined()) return result;
  const std::vector<double> values = to_doubles(inputs[index]);
  copy_strided(values.data(), broadcast_strides(inputs[index].shape(), shape), shape,
               result.data());
  return result;
}

void run_fused_matmul(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const MatMulShapes shapes = matmul_shapes(node, inputs[0].shape(), inputs[1].shape());
  const Activation activation = fused_activation(node);
  const std::vector<double> bias = spread(inputs, 2, outputs[0].shape());
  const std::vector<double> residual = spread(inputs, 3, outputs[0].shape());
  dispatch_floats(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    multiply_matrices(shapes, inputs[0].data<T>(), inputs[1].data<T>(), outputs[0].data<T>(),
                      [&](double sum, std::int64_t index) {
                        const auto at = static_cast<std::size_t>(index);
                        return activation(sum + bias[at] + residual[at]);
                      });
  });
}

constexpr auto silu = [](double x) { return Activation{ActivationKind::kSilu}(x); };

std::optional<float> constant_bound(const Node& node, std::size_t index, float otherwise) {
  const Value* value = node.input(index);
  if (value == nullptr) return otherwise;
  if (!value->is_constant() || value->constant().size() != 1) return std::nullopt;
  return static_cast<float>(scalar_or(aligned(value->constant()), otherwise));
}

}  // namespace

std::vector<AttributeSpec> with_activation(std::vector<AttributeSpec> specs) {
  specs.insert(specs.end(), {{"activation", AttributeKind::kString},
                             {"activation_alpha", AttributeKind::kFloat},
                             {"activation_beta", AttributeKind::kFloat},
                             {"activation_max", AttributeKind::kFloat},
                             {"activation_min", AttributeKind::kFloat}});
  return specs;
}

void require_residual(const InferContext& context, const TensorType& output) {
  constexpr std::size_t kResidual = 3;
  if (!context.has_input(kResidual) || !context.input(kResidual).shape || !output.shape) return;
  const SymbolicShape& residual = *context.input(kResidual).shape;
  const auto fits = [](const Dim& a, const Dim& b) { return unify(a, b).has_value(); };
  if (!std::ranges::equal(residual, *output.shape, fits)) {
    context.fail("the residual ", context.input(kResidual).to_string(), " differs from the output ",
                 output.to_string());
  }
}

void run_fused_conv(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const ConvGeometry geometry = conv_geometry(node, inputs[0].shape(), inputs[1].shape());
  const Activation activation = fused_activation(node);
  std::vector<double> bias(static_cast<std::size_t>(geometry.out_channels), 0.0);
  if (inputs.size() > 2 && inputs[2].defined()) bias = to_doubles(inputs[2]);
  dispatch_floats(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* residual = inputs.size() > 3 && inputs[3].defined() ? inputs[3].data<T>() : nullptr;
    convolve(geometry, inputs[0].data<T>(), inputs[1].data<T>(), outputs[0].data<T>(),
             [&](double sum, std::int64_t channel, std::int64_t index) {
               sum += bias[static_cast<std::size_t>(channel)];
               if (residual != nullptr) sum += load(residual[index]);
               return activation(sum);
             });
  });
}

Activation fused_activation(const Node& node) {
  const std::string name = node.get_string("activation", "");
  const auto* found = std::ranges::find(kNames, name, &NamedActivation::second);
  if (found == std::end(kNames)) {
    fail(ErrorCode::kInvalidModel, node.described(), ": there is no activation '", name, "'");
  }
  const bool leaky = found->first == ActivationKind::kLeakyRelu;
  return {found->first, node.get_float("activation_min", kLowest),
          node.get_float("activation_max", kHighest),
          node.get_float("activation_alpha", leaky ? 0.01f : 0.2f),
          node.get_float("activation_beta", 0.5f)};
}

void set_fused_activation(Attributes& attributes, const Activation& activation) {
  const auto* found = std::ranges::find(kNames, activation.kind, &NamedActivation::first);
  attributes.insert_or_assign("activation", std::string(found->second));
  if (activation.kind == ActivationKind::kClip) {
    attributes.insert_or_assign("activation_min", activation.min);
    attributes.insert_or_assign("activation_max", activation.max);
  }
  if (activation.kind == ActivationKind::kHardSigmoid ||
      activation.kind == ActivationKind::kLeakyRelu) {
    attributes.insert_or_assign("activation_alpha", activation.alpha);
  }
  if (activation.kind == ActivationKind::kHardSigmoid) {
    attributes.insert_or_assign("activation_beta", activation.beta);
  }
}

std::optional<Activation> activation_of(const Node& node) {
  if (node.is("Silu", kFusedDomain)) return Activation{ActivationKind::kSilu};
  if (!node.domain().empty()) return std::nullopt;
  if (node.is("Relu")) return Activation{ActivationKind::kRelu};
  if (node.is("Sigmoid")) return Activation{ActivationKind::kSigmoid};
  if (node.is("HardSwish")) return Activation{ActivationKind::kHardSwish};
  if (node.is("Gelu")) {
    const bool tanh = node.get_string("approximate", "none") == "tanh";
    return Activation{tanh ? ActivationKind::kGeluTanh : ActivationKind::kGelu};
  }
  if (node.is("HardSigmoid")) {
    return Activation{ActivationKind::kHardSigmoid, 0.0f, 0.0f, node.get_float("alpha", 0.2f),
                      node.get_float("beta", 0.5f)};
  }
  if (node.is("LeakyRelu")) {
    return Activation{ActivationKind::kLeakyRelu, 0.0f, 0.0f, node.get_float("alpha", 0.01f)};
  }
  if (node.is("Clip")) {
    const std::optional<float> low = constant_bound(node, 1, kLowest);
    const std::optional<float> high = constant_bound(node, 2, kHighest);
    if (low && high) return Activation{ActivationKind::kClip, *low, *high};
  }
  return std::nullopt;
}

std::vector<Operator> fused_operators() {
  return {
      {"FusedBatchNormalization", kFusedDomain, 1, 5, 5, 1, 1,
       with_activation(batch_normalization_attributes()), infer_fused_batch_normalization,
       run_batch_normalization},
      {"FusedConv", kFusedDomain, 1, 2, 4, 1, 1, with_activation(conv_attributes()),
       infer_fused_conv, run_fused_conv},
      {"FusedGemm", kFusedDomain, 1, 2, 3, 1, 1,
       with_activation({{"alpha", AttributeKind::kFloat},
                        {"beta", AttributeKind::kFloat},
                        {"transA", AttributeKind::kInt},
                        {"transB", AttributeKind::kInt}}),
       infer_fused_gemm, run_fused_gemm},
      {"FusedMatMul", kFusedDomain, 1, 2, 4, 1, 1,
       with_activation({{"transB", AttributeKind::kInt}}), infer_fused_matmul, run_fused_matmul},
      {"Silu", kFusedDomain, 1, 1, 1, 1, 1, {}, same_as_float_input, map_floats_kernel<silu>},
  };
}

}  // namespace headway
