#include <algorithm>

#include "ops/families.h"
#include "ops/onnx_dtype.h"
#include "ops/quantization.h"
#include "ops/rules.h"

namespace headway {
namespace {

/// One element, whatever its rank.
bool is_single(const TensorType& type) {
  const auto shape = type.static_shape();
  return shape && product(*shape) == 1;
}

constexpr DTypes kQuantizedTypes = {
    DType::kInt8,           DType::kUInt8,        DType::kInt16,          DType::kUInt16,
    DType::kInt32,          DType::kFloat8E4M3FN, DType::kFloat8E4M3FNUZ, DType::kFloat8E5M2,
    DType::kFloat8E5M2FNUZ, DType::kFloat6E2M3,   DType::kFloat6E3M2,     DType::kFloat4E2M1,
    DType::kInt4,           DType::kUInt4,        DType::kInt2,           DType::kUInt2};
constexpr DTypes kScaleTypes = {DType::kFloat32,  DType::kFloat64, DType::kFloat16,
                                DType::kBFloat16, DType::kInt32,   DType::kFloat8E8M0};

DType dtype_attribute(const Node& node, std::string_view name, DType otherwise) {
  const std::int64_t number = node.get_int(name, 0);
  if (number == 0) return otherwise;
  if (const std::optional<DType> dtype = dtype_of_onnx_number(number)) return *dtype;
  fail(ErrorCode::kInvalidModel, node.described(), ": attribute ", name, " is ", number,
       ", which is no known dtype");
}

void check_scales(const InferContext& context) {
  require_dtype(context, 1, kScaleTypes);
  if (context.has_input(2) && !(is_single(context.input(1)) && is_single(context.input(2))))
    require_same_shapes(context, 1, 2);
  const std::optional<Shape> x = context.static_input(0), scale = context.static_input(1);
  if (x && scale) Granularity(context.node(), *x, *scale);
}

void infer_quantize(InferContext& context) {
  require_dtype(
      context, 0,
      {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBFloat16, DType::kInt32});
  check_scales(context);
  const bool typed = context.has_input(2);
  const DType dtype = dtype_attribute(context.node(), "output_dtype",
                                      typed ? context.input(2).dtype : DType::kUInt8);
  if (!kQuantizedTypes.contains(dtype) || (typed && context.input(2).dtype != dtype)) {
    context.fail("it cannot quantize to ", name_of(dtype),
                 typed ? concat(" with a zero point of ", name_of(context.input(2).dtype)) : "");
  }
  context.set_output(0, {dtype, context.input(0).shape});
}

/// The quotient has the precision of the scales, or the one asked for.
void run_quantize(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const std::vector<double> x = numbers_of(inputs[0]), scale = numbers_of(inputs[1]);
  std::vector<double> zero(scale.size(), 0.0);
  if (inputs.size() > 2 && inputs[2].defined()) zero = numbers_of(inputs[2]);
  const Granularity granularity(node, inputs[0].shape(), inputs[1].shape());
  DType precision = dtype_attribute(node, "precision", inputs[1].dtype());
  if (!is_floating_point(precision)) precision = DType::kFloat32;
  dispatch_floats(precision, [&]<typename T>(std::type_identity<T>) {
    quantize(outputs[0], node.get_int("saturate", 1) != 0, [&](std::int64_t i) {
      const std::size_t at = granularity(i);
      const double quotient = x[static_cast<std::size_t>(i)] / scale[at];
      return Quantized{load(store<T>(quotient)), zero[at]};
    });
  });
}

void infer_dequantize(InferContext& context) {
  require_dtype(context, 0, kQuantizedTypes);
  check_scales(context);
  if (context.has_input(2) && context.input(2).dtype != context.input(0).dtype) {
    context.fail("its zero point must have the dtype of its input, ",
                 name_of(context.input(0).dtype));
  }
  const DType scale = context.input(1).dtype;
  const DType dtype = dtype_attribute(context.node(), "output_dtype",
                                      is_floating_point(scale) ? scale : DType::kFloat32);
  if (!kFloatTypes.contains(dtype)) context.fail("it cannot dequantize to ", name_of(dtype));
  context.set_output(0, {dtype, context.input(0).shape});
}

void run_dequantize(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const std::vector<double> x = numbers_of(inputs[0]), scale = numbers_of(inputs[1]);
  std::vector<double> zero(scale.size(), 0.0);
  if (inputs.size() > 2 && inputs[2].defined()) zero = numbers_of(inputs[2]);
  const Granularity granularity(node, inputs[0].shape(), inputs[1].shape());
  dispatch_floats(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    T* y = outputs[0].data<T>();
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t at = granularity(static_cast<std::int64_t>(i));
      y[i] = store<T>((x[i] - zero[at]) * scale[at]);
    }
  });
}

void infer_dynamic_quantize(InferContext& context) {
  require_dtype(context, 0, {DType::kFloat32});
  context.set_output(0, {DType::kUInt8, context.input(0).shape});
  context.set_output(1, {DType::kFloat32, SymbolicShape()});
  context.set_output(2, {DType::kUInt8, SymbolicShape()});
}

/// The range of the elements, widened to contain zero, becomes [0, 255].
void run_dynamic_quantize(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const std::span<const float> x = inputs[0].values<float>();
  float low = 0.0f, high = 0.0f;
  for (const float value : x) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  const float scale = high > low ? (high - low) / 255.0f : 1.0f;
  const auto zero = saturated<std::uint8_t>(std::nearbyint(-low / scale));
  if (outputs[0].defined()) {
    quantize(outputs[0], true, [&](std::int64_t i) {
      return Quantized{x[static_cast<std::size_t>(i)] / scale, static_cast<double>(zero)};
    });
  }
  if (outputs[1].defined()) *outputs[1].data<float>() = scale;
  if (outputs[2].defined()) *outputs[2].data<std::uint8_t>() = zero;
}

}  // namespace

std::vector<Operator> quantize_linear_operators() {
  const AttributeSpec axis{"axis", AttributeKind::kInt}, block{"block_size", AttributeKind::kInt};
  const AttributeSpec dtype{"output_dtype", AttributeKind::kInt};
  return {
      {"DequantizeLinear",
       "",
       23,
       2,
       3,
       1,
       1,
       {axis, block, dtype},
       infer_dequantize,
       run_dequantize},
      {"DynamicQuantizeLinear",
       "",
       11,
       1,
       1,
       3,
       3,
       {},
       infer_dynamic_quantize,
       run_dynamic_quantize},
      {"QuantizeLinear",
       "",
       23,
       2,
       3,
       1,
       1,
       {axis, block, dtype, {"precision", AttributeKind::kInt}, {"saturate", AttributeKind::kInt}},
       infer_quantize,
       run_quantize},
  };
}

}  // namespace headway
