#include "formats/onnx/contrib/families.h"

namespace headway::onnx {
namespace {

Value* dequantized(Expansion& e, std::size_t first) {
  return e.add("DequantizeLinear",
               {e.input(first), e.input(first + 1), e.optional_input(first + 2)});
}

/// Quantized like input `like`: an omitted zero point is a zero of its dtype.
Value* quantized(Expansion& e, Value* y, Value* scale, Value* zero_point, const Value* like) {
  if (zero_point == nullptr) zero_point = e.constant(Tensor::zeros(e.dtype_of(like), {}));
  return e.add("QuantizeLinear", {y, scale, zero_point});
}

/// op(A, A_scale, A_zero, B, B_scale, B_zero, C_scale, C_zero)
template <const char* const& op_type>
void expand_binary(Expansion& e) {
  Value* y = e.add(op_type, {dequantized(e, 0), dequantized(e, 3)});
  e.yield(0, quantized(e, y, e.input(6), e.optional_input(7), e.input(0)));
}

/// op(X, X_scale, X_zero, Y_scale, Y_zero), where `compute` makes Y of X.
template <typename Compute>
void expand_unary(Expansion& e, Compute&& compute) {
  Value* y = compute(dequantized(e, 0));
  e.yield(0, quantized(e, y, e.input(3), e.optional_input(4), e.input(0)));
}

void expand_sigmoid(Expansion& e) {
  expand_unary(e, [&](Value* x) { return e.add("Sigmoid", {x}); });
}

void expand_leaky_relu(Expansion& e) {
  expand_unary(e, [&](Value* x) { return e.add("LeakyRelu", {x}, e.node().attributes); });
}

/// The standard's QLinearConv, with the channels of images perhaps last.
void expand_conv(Expansion& e) {
  Attributes attributes = e.node().attributes;
  attributes.erase("channels_last");
  std::vector<Value*> inputs(e.node().inputs().begin(), e.node().inputs().end());
  if (e.get_int("channels_last", 0) == 0)
    return e.yield(0, e.add("QLinearConv", inputs, attributes));
  std::vector<std::int64_t> to_first = {0, e.rank(e.input(3)) - 1}, to_last = {0};
  for (std::int64_t axis = 1; axis + 1 < e.rank(e.input(3)); ++axis) {
    to_first.push_back(axis);
    to_last.push_back(axis + 1);
  }
  to_last.push_back(1);
  inputs[0] = e.transpose(e.input(0), to_first);
  e.yield(0, e.transpose(e.add("QLinearConv", inputs, attributes), to_last));
}

/// Pooling, with the channels of images perhaps last.
void expand_pool(Expansion& e, const char* op_type) {
  Attributes attributes = e.node().attributes;
  attributes.erase("channels_last");
  const bool channels_last = e.get_int("channels_last", 0) != 0;
  expand_unary(e, [&](Value* x) {
    if (!channels_last) return e.add(op_type, {x}, attributes);
    Value* y = e.add(op_type, {e.transpose(x, {0, 3, 1, 2})}, attributes);
    return e.transpose(y, {0, 2, 3, 1});
  });
}

void expand_average_pool(Expansion& e) {
  expand_pool(e, "AveragePool");
}

void expand_global_average_pool(Expansion& e) {
  expand_pool(e, "GlobalAveragePool");
}

/// Before opset 13 the axes from `axis` on counted as one.
void expand_softmax(Expansion& e) {
  const std::int64_t axis = e.get_int("axis", -1);
  if (e.get_int("opset", 13) < 13 && axis != -1 && axis != e.rank(e.input(0)) - 1)
    e.refuse("a softmax over several axes is not supported");
  expand_unary(e, [&](Value* x) { return e.add("Softmax", {x}, {{"axis", axis}}); });
}

/// QLinearConcat(Y_scale, Y_zero, (X, X_scale, X_zero)…)
void expand_concat(Expansion& e) {
  std::vector<Value*> parts;
  for (std::size_t i = 2; i + 1 < e.node().inputs().size(); i += 3)
    parts.push_back(dequantized(e, i));
  Value* y = e.add("Concat", parts, {{"axis", e.get_int("axis", 0)}});
  e.yield(0, quantized(e, y, e.input(0), e.optional_input(1), e.input(2)));
}

/// QLinearWhere(condition, X, X_scale, X_zero, Y, Y_scale, Y_zero, Z_scale, Z_zero)
void expand_where(Expansion& e) {
  Value* z = e.add("Where", {e.input(0), dequantized(e, 1), dequantized(e, 4)});
  e.yield(0, quantized(e, z, e.input(7), e.optional_input(8), e.input(1)));
}

/// A product of integers times both scales, plus a bias.
Value* rescaled(Expansion& e, Value* product, Value* a_scale, Value* b_scale, Value* bias) {
  Value* scale = e.add("Mul", {a_scale, b_scale});
  Value* y = e.add("Mul", {e.add("Cast", {product}, {{"to", std::int64_t{1}}}), scale});
  return e.plus(y, bias);
}

/// DynamicQuantizeMatMul(A, B, B_scale, B_zero?, bias?)
void expand_dynamic_quantize_matmul(Expansion& e) {
  const auto a = e.add_many("DynamicQuantizeLinear", {e.input(0)}, 3);
  Value* product = e.add("MatMulInteger", {a[0], e.input(1), a[2], e.optional_input(3)});
  e.yield(0, rescaled(e, product, a[1], e.input(2), e.optional_input(4)));
}

/// MatMulIntegerToFloat(A, B, A_scale, B_scale, A_zero?, B_zero?, bias?)
void expand_matmul_integer_to_float(Expansion& e) {
  Value* product =
      e.add("MatMulInteger", {e.input(0), e.input(1), e.optional_input(4), e.optional_input(5)});
  e.yield(0, rescaled(e, product, e.input(2), e.input(3), e.optional_input(6)));
}

void expand_matmul_integer16(Expansion& e) {
  e.yield(0,
          e.add("MatMul", {e.cast(e.input(0), DType::kInt32), e.cast(e.input(1), DType::kInt32)}));
}

/// QGemm(A, A_scale, A_zero, B, B_scale, B_zero, C?, Y_scale?, Y_zero?); C has the scale of the
/// product.
void expand_q_gemm(Expansion& e) {
  const std::int64_t transpose_a = e.get_int("transA", 0), transpose_b = e.get_int("transB", 0);
  const float alpha = e.get_float("alpha", 1.0f);
  Value* b = e.add("DequantizeLinear", {e.input(3), e.input(4), e.optional_input(5)},
                   {{"axis", transpose_b != 0 ? std::int64_t{0} : std::int64_t{1}}});
  Value* y = e.add("Gemm", {dequantized(e, 0), b},
                   {{"alpha", alpha}, {"transA", transpose_a}, {"transB", transpose_b}});
  if (e.has(6)) {
    Value* c = rescaled(e, e.input(6), e.input(1), e.input(4), nullptr);
    y = e.plus(y, alpha == 1.0f ? c : e.add("Mul", {c, e.scalar(alpha, c)}));
  }
  e.yield(0, e.has(7) ? quantized(e, y, e.input(7), e.optional_input(8), e.input(0)) : y);
}

/// What the default domain has as well, by now.
void expand_quantize_linear(Expansion& e) {
  e.yield(0, e.add("QuantizeLinear", {e.input(0), e.input(1), e.optional_input(2)},
                   e.node().attributes));
}

void expand_dequantize_linear(Expansion& e) {
  e.yield(0, e.add("DequantizeLinear", {e.input(0), e.input(1), e.optional_input(2)},
                   e.node().attributes));
}

/// Weights [directions, inputs, gates], with a scale and a zero point per direction or per gate, as
/// LSTM takes them: [directions, gates, inputs].
Value* recurrent_weights(Expansion& e, std::size_t weights, std::size_t scale, std::size_t zero) {
  const auto spread = [&](Value* value) { return e.reshape(value, {0, 1, -1}); };
  Value* w = e.cast(e.input(weights), DType::kFloat32);
  if (Value* point = e.optional_input(zero))
    w = e.add("Sub", {w, spread(e.cast(point, DType::kFloat32))});
  w = e.add("Mul", {w, spread(e.input(scale))});
  return e.transpose(w, {0, 2, 1});
}

/// (x, W, R, bias?, lengths?, h?, c?, peepholes?, W scale, W zero point, R scale, R zero point).
/// Inputs and states stay exact, which ONNX Runtime quantizes to 8 bits anew in every step.
void expand_dynamic_quantize_lstm(Expansion& e) {
  std::vector<Value*> inputs = {e.input(0), recurrent_weights(e, 1, 8, 9),
                                recurrent_weights(e, 2, 10, 11)};
  for (std::size_t i = 3; i < 8; ++i) inputs.push_back(e.optional_input(i));
  const std::vector<Value*> y = e.add_many("LSTM", inputs, 3, e.node().attributes);
  for (std::size_t i = 0; i < y.size(); ++i) e.yield(i, y[i]);
}

constexpr const char* kAdd = "Add";
constexpr const char* kMul = "Mul";

}  // namespace

std::vector<ContribOperator> contrib_quantized() {
  return {
      {"DequantizeLinear", {"axis"}, expand_dequantize_linear},
      {"DynamicQuantizeLSTM",
       {"activation_alpha", "activation_beta", "activations", "clip", "direction", "hidden_size",
        "input_forget"},
       expand_dynamic_quantize_lstm},
      {"DynamicQuantizeMatMul", {}, expand_dynamic_quantize_matmul},
      {"MatMulInteger16", {}, expand_matmul_integer16},
      {"MatMulIntegerToFloat", {}, expand_matmul_integer_to_float},
      {"QGemm", {"alpha", "transA", "transB"}, expand_q_gemm},
      {"QLinearAdd", {}, expand_binary<kAdd>},
      {"QLinearAveragePool",
       {"auto_pad", "ceil_mode", "channels_last", "count_include_pad", "kernel_shape", "pads",
        "strides"},
       expand_average_pool},
      {"QLinearConcat", {"axis"}, expand_concat},
      {"QLinearConv",
       {"auto_pad", "channels_last", "dilations", "group", "kernel_shape", "pads", "strides"},
       expand_conv},
      {"QLinearGlobalAveragePool", {"channels_last"}, expand_global_average_pool},
      {"QLinearLeakyRelu", {"alpha"}, expand_leaky_relu},
      {"QLinearMul", {}, expand_binary<kMul>},
      {"QLinearSigmoid", {}, expand_sigmoid},
      {"QLinearSoftmax", {"axis", "opset"}, expand_softmax},
      {"QLinearWhere", {}, expand_where},
      {"QuantizeLinear", {"axis"}, expand_quantize_linear},
  };
}

}  // namespace headway::onnx
