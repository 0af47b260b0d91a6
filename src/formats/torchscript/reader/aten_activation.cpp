#include <array>
#include <limits>

#include "formats/torchscript/reader/call.h"

namespace headway::script {
namespace {

Value* input_of(Call& call) {
  Value* input = call.tensor("self");
  const DType dtype = call.graph().dtype(input);
  return is_floating_point(dtype) ? input : call.cast(input, DType::kFloat32);
}

IValue relu(Call& call) {
  return tensor_result(call.node("Relu", {call.tensor("self")}));
}

Value* clipped(Call& call, Value* input, double low, double high) {
  const DType dtype = call.graph().dtype(input);
  return call.node("Clip", {input, call.scalar(low, dtype), call.scalar(high, dtype)});
}

IValue relu6(Call& call) {
  return tensor_result(clipped(call, call.tensor("self"), 0, 6));
}
IValue hardtanh(Call& call) {
  return tensor_result(
      clipped(call, call.tensor("self"), call.number("min_val"), call.number("max_val")));
}
IValue silu(Call& call) {
  Value* input = input_of(call);
  return tensor_result(call.node("Mul", {input, call.node("Sigmoid", {input})}));
}
IValue gelu(Call& call) {
  return tensor_result(
      call.node("Gelu", {input_of(call)}, {{"approximate", call.text("approximate")}}));
}
IValue hardsigmoid(Call& call) {
  return tensor_result(
      call.node("HardSigmoid", {input_of(call)}, {{"alpha", 1.0f / 6.0f}, {"beta", 0.5f}}));
}
IValue with_alpha(Call& call, std::string_view op) {
  return tensor_result(
      call.node(op, {input_of(call)}, {{"alpha", static_cast<float>(call.number("alpha"))}}));
}
IValue leaky_relu(Call& call) {
  return with_alpha(call, "LeakyRelu");
}
IValue elu(Call& call) {
  if (call.number("scale") != 1 || call.number("input_scale") != 1)
    call.unsupported("scales other than 1");
  return with_alpha(call, "Elu");
}
IValue celu(Call& call) {
  return with_alpha(call, "Celu");
}
IValue softplus(Call& call) {
  if (call.number("beta") != 1) call.unsupported("beta other than 1");
  return tensor_result(call.node("Softplus", {input_of(call)}));
}
IValue log_sigmoid(Call& call) {
  Value* negated = call.node("Neg", {input_of(call)});
  return tensor_result(call.node("Neg", {call.node("Softplus", {negated})}));
}
IValue prelu(Call& call) {
  Value* input = call.tensor("self");
  Value* slope = call.tensor("weight");
  Ints axes;
  for (std::int64_t axis = 1; axis + 1 < call.rank(input); ++axis) axes.push_back(axis);
  if (!axes.empty()) slope = call.unsqueeze(slope, axes);
  return tensor_result(call.node("PRelu", {input, slope}));
}

IValue softmax_like(Call& call, std::string_view op) {
  Value* input = input_of(call);
  if (const auto dtype = call.dtype("dtype")) input = call.cast(input, *dtype);
  return tensor_result(call.node(op, {input}, {{"axis", call.integer("dim")}}));
}
IValue softmax(Call& call) {
  return softmax_like(call, "Softmax");
}
IValue log_softmax(Call& call) {
  return softmax_like(call, "LogSoftmax");
}

IValue glu(Call& call) {
  Value* input = call.tensor("self");
  const std::int64_t axis = call.axis(call.integer("dim"), call.rank(input));
  const std::int64_t half = call.extent(input, axis) / 2;
  Value* gate = call.node("Sigmoid", {call.slice(input, axis, half, 2 * half)});
  return tensor_result(call.node("Mul", {call.slice(input, axis, 0, half), gate}));
}

/// In evaluation it does nothing.
IValue dropout(Call& call) {
  if (call.flag("train") && call.number("p") != 0)
    call.unsupported("it is in training mode; call eval() before saving the model");
  return call.reference("self");
}

template <std::size_t kIndex>
IValue plain(Call& call);

struct Plain {
  std::string_view aten, onnx;
};
constexpr std::array kPlain = {
    Plain{"sigmoid", "Sigmoid"},
    Plain{"tanh", "Tanh"},
    Plain{"hardswish", "HardSwish"},
    Plain{"mish", "Mish"},
    Plain{"selu", "Selu"},
    Plain{"softsign", "Softsign"},
    Plain{"erf", "Erf"},
    Plain{"exp", "Exp"},
    Plain{"log", "Log"},
    Plain{"sqrt", "Sqrt"},
    Plain{"sin", "Sin"},
    Plain{"cos", "Cos"},
    Plain{"tan", "Tan"},
    Plain{"asin", "Asin"},
    Plain{"acos", "Acos"},
    Plain{"atan", "Atan"},
    Plain{"sinh", "Sinh"},
    Plain{"cosh", "Cosh"},
    Plain{"reciprocal", "Reciprocal"},
};

template <std::size_t kIndex>
IValue plain(Call& call) {
  return tensor_result(call.node(kPlain[kIndex].onnx, {input_of(call)}));
}

template <std::size_t... kIndices>
constexpr auto plain_operators(std::index_sequence<kIndices...>) {
  return std::array{AtenOperator{kPlain[kIndices].aten, "self", plain<kIndices>}...};
}

constexpr std::array kOthers = {
    AtenOperator{"relu", "self", relu},
    AtenOperator{"relu6", "self", relu6},
    AtenOperator{"hardtanh", "self, min_val=-1, max_val=1", hardtanh},
    AtenOperator{"silu", "self", silu},
    AtenOperator{"gelu", "self, approximate=\"none\"", gelu},
    AtenOperator{"hardsigmoid", "self", hardsigmoid},
    AtenOperator{"leaky_relu", "self, alpha=0.01", leaky_relu},
    AtenOperator{"elu", "self, alpha=1, scale=1, input_scale=1", elu},
    AtenOperator{"celu", "self, alpha=1", celu},
    AtenOperator{"softplus", "self, beta=1, threshold=20", softplus},
    AtenOperator{"log_sigmoid", "self", log_sigmoid},
    AtenOperator{"prelu", "self, weight", prelu},
    AtenOperator{"softmax", "self, dim, dtype=None", softmax},
    AtenOperator{"_softmax", "self, dim, half_to_float, dtype=None", softmax},
    AtenOperator{"log_softmax", "self, dim, dtype=None", log_softmax},
    AtenOperator{"glu", "self, dim=-1", glu},
    AtenOperator{"dropout", "self, p, train", dropout},
    AtenOperator{"feature_dropout", "self, p, train", dropout},
    AtenOperator{"alpha_dropout", "self, p, train", dropout},
};

template <std::size_t kA, std::size_t kB>
constexpr auto joined(const std::array<AtenOperator, kA>& a,
                      const std::array<AtenOperator, kB>& b) {
  std::array<AtenOperator, kA + kB> all{};
  for (std::size_t i = 0; i < kA; ++i) all[i] = a[i];
  for (std::size_t i = 0; i < kB; ++i) all[kA + i] = b[i];
  return all;
}

constexpr auto kOperators =
    joined(plain_operators(std::make_index_sequence<kPlain.size()>()), kOthers);

}  // namespace

std::span<const AtenOperator> activation_operators() {
  return kOperators;
}

}  // namespace headway::script
