#include <algorithm>
#include <cmath>

#include "passes/passes.h"
#include "passes/pattern.h"

namespace headway {
namespace {

/// Longer sums of products of bytes may not fit 32 bits.
constexpr std::int64_t kMaxTerms = 1 << 15;

constexpr std::int64_t kNoAxis = -1;

/// What a QuantizeLinear or DequantizeLinear does: constant scales in float32, one for all or one
/// for each position along an axis, and zero points of a byte type.
struct Scales {
  Tensor scale, zero;
  std::int64_t axis = kNoAxis;

  bool whole() const { return axis == kNoAxis; }
  float scale_at(std::int64_t i) const { return scale.data<float>()[whole() ? 0 : i]; }
};

/// `dtype` is that of the quantized elements. Only bytes unless `any_dtype`.
std::optional<Scales> scales_of(const Node& node, DType dtype, bool any_dtype = false) {
  const Value *scale = node.input(1), *zero = node.input(2);
  const bool bytes = dtype == DType::kInt8 || dtype == DType::kUInt8;
  if ((!bytes && !any_dtype) || !scale->is_constant() || node.get_int("block_size", 0) != 0 ||
      scale->constant().dtype() != DType::kFloat32 || scale->constant().shape().size() > 1 ||
      (zero != nullptr && (!zero->is_constant() || zero->constant().dtype() != dtype)) ||
      node.get_int("precision", 0) > 1) {
    return std::nullopt;
  }
  Scales result{scale->constant().clone(), Tensor()};
  for (const float factor : result.scale.values<float>()) {
    if (!(factor > 0.0F) || !std::isfinite(factor)) return std::nullopt;
  }
  result.zero = zero ? zero->constant().clone() : Tensor::zeros(dtype, result.scale.shape());
  if (result.zero.shape() != result.scale.shape() &&
      !(result.zero.size() == 1 && result.scale.size() == 1))
    return std::nullopt;
  if (result.scale.size() == 1) {
    result.scale = result.scale.reshaped({});
    result.zero = result.zero.reshaped({});
  } else {
    result.axis = node.get_int("axis", 1);
  }
  return result;
}

/// A dequantized operand.
struct Operand {
  Value* bytes;
  Scales scales;
};

std::optional<Operand> operand(const Value* value) {
  const Node* node = producer(value, "DequantizeLinear");
  if (node == nullptr || value->type.dtype != DType::kFloat32) return std::nullopt;
  const auto scales = scales_of(*node, node->input(0)->type.dtype);
  if (!scales) return std::nullopt;
  return Operand{node->input(0), *scales};
}

/// The bias in units of x's scale times w's, which is how a model stores it; nullopt if it is not.
std::optional<Tensor> integer_bias(const Value* bias, const Scales& x, const Scales& w) {
  const Node* node = producer(bias, "DequantizeLinear");
  if (node == nullptr || !node->input(0)->is_constant() ||
      node->input(0)->type.dtype != DType::kInt32)
    return std::nullopt;
  const auto scales = scales_of(*node, DType::kInt32, true);
  if (!scales) return std::nullopt;
  for (const std::int32_t zero : scales->zero.values<std::int32_t>()) {
    if (zero != 0) return std::nullopt;
  }
  const Tensor sums = node->input(0)->constant().clone();
  for (std::int64_t i = 0; i < sums.size(); ++i) {
    const double unit = double{x.scale_at(0)} * w.scale_at(i);
    if (std::abs(scales->scale_at(i) - unit) > 1e-5 * unit) return std::nullopt;
  }
  return sums;
}

/// A Relu that does no more than the lowest number of the result's type.
const Value* before_relu(const Graph& graph, const Value* value, const Tensor& zero) {
  const Node* relu = private_producer(graph, value, "Relu");
  if (relu == nullptr) return value;
  const bool lowest = zero.dtype() == DType::kUInt8 ? *zero.data<std::uint8_t>() == 0
                                                    : *zero.data<std::int8_t>() == -128;
  return lowest ? relu->input(0) : value;
}

/// Which axis of the right operand has a scale for each column of the result.
std::int64_t columns_axis(const Node& product, const Shape& weights) {
  return product.is("Conv") ? 0 : static_cast<std::int64_t>(weights.size()) - 1;
}

bool scales_columns(const Scales& scales, const Node& product, const Shape& weights) {
  if (scales.whole()) return true;
  const auto rank = static_cast<std::int64_t>(weights.size());
  const std::int64_t axis = scales.axis < 0 ? scales.axis + rank : scales.axis;
  return axis == columns_axis(product, weights) &&
         scales.scale.size() == weights[static_cast<std::size_t>(axis)];
}

/// QuantizeLinear(Relu?(Conv or MatMul of dequantized operands)): sums of products of integers are
/// exact, so that only the last rounding may differ from what the model computes.
std::optional<Patch> propose(Graph& graph, Node& node) {
  if (!node.is("QuantizeLinear") || node.input(0)->type.dtype != DType::kFloat32)
    return std::nullopt;
  const auto y = scales_of(node, node.output()->type.dtype);
  if (!y || !y->whole()) return std::nullopt;
  const Value* result = before_relu(graph, node.input(0), y->zero);
  const Node* product = private_producer(graph, result, "Conv");
  if (product == nullptr) product = private_producer(graph, result, "MatMul");
  if (product == nullptr) return std::nullopt;
  const auto x = operand(product->input(0)), w = operand(product->input(1));
  if (!x || !w || !x->scales.whole() || !w->bytes->is_constant()) return std::nullopt;
  const Shape& weights = w->bytes->constant().shape();
  if (weights.size() < 2 || !scales_columns(w->scales, *product, weights)) return std::nullopt;
  const auto axis = static_cast<std::size_t>(columns_axis(*product, weights));
  if (w->bytes->constant().size() / std::max<std::int64_t>(weights[axis], 1) > kMaxTerms)
    return std::nullopt;
  const bool is_conv = product->is("Conv");
  // Integer kernels do not crop.
  if (std::ranges::any_of(product->get_ints("pads", {}), [](std::int64_t pad) { return pad < 0; }))
    return std::nullopt;
  const auto constant = [&](const Tensor& tensor) { return graph.add_constant("", tensor); };
  std::optional<Tensor> bias;
  if (is_conv && product->input(2) != nullptr) {
    bias = integer_bias(product->input(2), x->scales, w->scales);
    if (!bias) return std::nullopt;
  }
  std::vector<Value*> inputs = {
      x->bytes,           constant(x->scales.scale), constant(x->scales.zero),
      w->bytes,           constant(w->scales.scale), constant(w->scales.zero),
      constant(y->scale), constant(y->zero)};
  if (bias) inputs.push_back(constant(*bias));
  Node* quantized = graph.insert_node(&node, is_conv ? "QLinearConv" : "QLinearMatMul", inputs,
                                      {node.output()->name() + "_quantized"}, product->attributes,
                                      product->name());
  return Patch{node.output(), quantized->output()};
}

}  // namespace

const Pass kRecognizeQuantized = {"recognize-quantized", propose};

}  // namespace headway
