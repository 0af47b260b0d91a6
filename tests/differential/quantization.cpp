#include <array>

#include "families.h"

namespace headway::differential {
namespace {

DTypeList bytes() {
  return {DType::kUInt8, DType::kInt8};
}

double zero_point(Builder& b, DType dtype) {
  return static_cast<double>(dtype == DType::kUInt8 ? b.between(0, 255) : b.between(-128, 127));
}

/// A power of two divides exactly, so that halves are ties.
ValueId scale(Builder& b, const Shape& shape) {
  if (b.chance(30)) {
    Tensor powers = Tensor::allocate(DType::kFloat32, shape);
    for (float& element : powers.values<float>())
      element = b.pick(std::vector<float>{0.25F, 0.5F, 1});
    return b.constant(powers);
  }
  Tensor scales = random_tensor(DType::kFloat32, shape, Fill::kPositive, b.random());
  for (float& element : scales.values<float>()) element *= 0.02F;
  return b.input_or_constant(scales);
}

/// One scale, or one per extent of an axis.
struct Granularity {
  Shape shape;
  Attributes attributes;
};

Granularity granularity(Builder& b, const Shape& x) {
  if (x.empty() || b.chance(50)) return {};
  const std::size_t axis = b.random().below(x.size());
  return {{x[axis]}, {{"axis", b.signed_axis(static_cast<std::int64_t>(axis), x.size())}}};
}

void quantize(Builder& b) {
  const ValueId x = b.value(float32_only(), 0, 4, b.chance(40) ? Fill::kGrid : Fill::kPlain);
  if (!b.is_finite(x)) return;  // What whole number they become is not said.
  const Granularity g = granularity(b, b.shape_of(x));
  const DType to = b.pick(bytes());
  std::vector<ValueId> inputs = {x, scale(b, g.shape)};
  if (b.chance(80))
    inputs.push_back(b.input_or_constant(random_integers(to, g.shape, 0, 120, b.random())));
  b.node("QuantizeLinear", inputs, g.attributes, {inputs.size() == 3 ? to : DType::kUInt8});
}

void dequantize(Builder& b) {
  const DTypeList dtypes = {DType::kUInt8, DType::kInt8, DType::kInt32};
  const ValueId x = b.value(dtypes, 0, 4, Fill::kSpecial);
  const Granularity g = granularity(b, b.shape_of(x));
  std::vector<ValueId> inputs = {x, scale(b, g.shape)};
  if (b.dtype_of(x) != DType::kInt32 && b.chance(70))
    inputs.push_back(
        b.input_or_constant(random_integers(b.dtype_of(x), g.shape, 0, 120, b.random())));
  b.node("DequantizeLinear", inputs, g.attributes, {DType::kFloat32});
}

void dynamic_quantize(Builder& b) {
  b.forbid_special();
  const ValueId x = b.value(float32_only(), 1, 4, Fill::kPlain);
  if (!b.is_finite(x)) return;
  b.nodes("DynamicQuantizeLinear", {x}, {}, {DType::kUInt8, DType::kFloat32, DType::kUInt8});
}

void q_linear_matmul(Builder& b) {
  const DType left = b.pick(bytes()), right = left == DType::kUInt8 ? b.pick(bytes()) : left;
  const std::int64_t rows = b.between(1, 7), inner = b.between(1, 40), columns = b.between(1, 20);
  const ValueId x = b.operand(left, {rows, inner}, Fill::kSpecial);
  const ValueId w = b.operand(right, {inner, columns}, Fill::kSpecial);
  b.node("QLinearMatMul",
         {x, scale(b, {}), b.scalar(left, zero_point(b, left)), w, scale(b, {}),
          b.scalar(right, zero_point(b, right)), b.scalar(DType::kFloat32, 0.7),
          b.scalar(left, zero_point(b, left))},
         {}, {left});
}

void q_linear_conv(Builder& b) {
  const std::int64_t groups = b.chance(70) ? 1 : b.between(2, 4), in = b.between(1, 8),
                     out = b.between(1, 8);
  const DType dtype = b.pick(bytes()),
              weight_type = dtype == DType::kInt8 ? dtype : b.pick(bytes());
  const ValueId x =
      b.operand(dtype, {1, groups * in, b.between(3, 9), b.between(3, 9)}, Fill::kSpecial);
  const ValueId w =
      b.operand(weight_type, {groups * out, in, b.between(1, 3), b.between(1, 3)}, Fill::kSpecial);
  const bool per_channel = b.chance(50);
  const Shape channels = per_channel ? Shape{groups * out} : Shape{};
  const ValueId weight_zero = b.constant(random_integers(
      weight_type, channels, 0, per_channel && weight_type == DType::kInt8 ? 0 : 5, b.random()));
  std::vector<ValueId> inputs = {x,
                                 scale(b, {}),
                                 b.scalar(dtype, zero_point(b, dtype)),
                                 w,
                                 scale(b, channels),
                                 weight_zero,
                                 b.scalar(DType::kFloat32, 0.9),
                                 b.scalar(dtype, zero_point(b, dtype))};
  if (b.chance(50))
    inputs.push_back(
        b.constant(random_integers(DType::kInt32, {groups * out}, -900, 900, b.random())));
  b.node("QLinearConv", inputs, {{"group", groups}, {"pads", Ints{1, 0, 1, 1}}}, {dtype});
}

/// Quantized and back, around an operator: what exporters of quantized models write.
void quantized_island(Builder& b) {
  ValueId x = b.value(float32_only(), 2, 4, Fill::kPlain);
  const ValueId s = b.constant(Tensor::from<float>({}, {0.03125F}));
  const ValueId zero = b.scalar(DType::kUInt8, 128);
  const auto round_trip = [&](ValueId value) {
    const ValueId q = b.node("QuantizeLinear", {value, s, zero}, {}, {DType::kUInt8});
    return b.node("DequantizeLinear", {q, s, zero}, {}, {DType::kFloat32});
  };
  x = round_trip(x);
  const ValueId w =
      b.operand(DType::kFloat32, {b.shape_of(x).back(), b.between(1, 9)}, Fill::kUnit);
  x = b.chance(50) ? b.node("Relu", {x}) : b.node("MatMul", {x, w});
  round_trip(x);
}

constexpr auto kGenerators = std::to_array<void (*)(Builder&)>(
    {quantize, dequantize, dynamic_quantize, q_linear_matmul, q_linear_conv, quantized_island});

}  // namespace

Family quantization_family() {
  return {"quantization", kGenerators};
}

}  // namespace headway::differential
