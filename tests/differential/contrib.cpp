#include <array>

#include "families.h"

namespace headway::differential {
namespace {

constexpr std::string_view kMicrosoft = "com.microsoft";

void gelus(Builder& b) {
  const std::string op = b.pick({"Gelu", "FastGelu", "QuickGelu"});
  const ValueId x = b.value(float32_only(), 1, 4);
  std::vector<ValueId> inputs = {x};
  if (op == "FastGelu" && b.chance(50))
    inputs.push_back(b.operand(b.dtype_of(x), {b.shape_of(x).back()}));
  Attributes attributes;
  if (op == "QuickGelu" && b.chance(60)) attributes["alpha"] = 1.3F;
  b.node(op, inputs, attributes, {}, kMicrosoft);
}

void bias_gelu(Builder& b) {
  const ValueId x = b.value(float32_only(), 1, 4);
  b.node("BiasGelu", {x, b.operand(b.dtype_of(x), {b.shape_of(x).back()})}, {}, {}, kMicrosoft);
}

void fused_matmul(Builder& b) {
  const ValueId x = b.value({DType::kFloat32}, 2, 4, Fill::kPlain);
  const Shape shape = b.shape_of(x);
  const bool transpose_a = b.chance(40), transpose_b = b.chance(40);
  const std::int64_t inner = transpose_a ? shape[shape.size() - 2] : shape.back();
  const std::int64_t columns = b.between(1, 9);
  const ValueId y = b.operand(
      b.dtype_of(x), transpose_b ? Shape{columns, inner} : Shape{inner, columns}, Fill::kPlain);
  Attributes attributes;
  if (transpose_a) attributes["transA"] = std::int64_t{1};
  if (transpose_b) attributes["transB"] = std::int64_t{1};
  if (b.chance(50)) attributes["alpha"] = 0.3F;
  b.node("FusedMatMul", {x, y}, attributes, {}, kMicrosoft);
}

void skip_layer_normalization(Builder& b) {
  const std::int64_t width = b.between(1, 20);
  const Shape shape = {b.between(1, 2), b.between(1, 5), width};
  const DType dtype = DType::kFloat32;
  const ValueId x = b.operand(dtype, shape, Fill::kPlain),
                skip = b.operand(dtype, shape, Fill::kPlain);
  const bool simplified = b.chance(40);
  std::vector<ValueId> inputs = {x, skip, b.operand(dtype, {width}, Fill::kUnit)};
  if (!simplified && b.chance(60)) inputs.push_back(b.operand(dtype, {width}, Fill::kUnit));
  Attributes attributes;
  if (b.chance(50)) attributes["epsilon"] = 1e-3F;
  const bool sum = b.chance(30);
  const DTypeList outputs = sum ? DTypeList{dtype, dtype, dtype, dtype} : DTypeList{dtype};
  b.nodes(simplified ? "SkipSimplifiedLayerNormalization" : "SkipLayerNormalization", inputs,
          attributes, outputs, {true, false, false, true}, kMicrosoft);
}

ValueId scale(Builder& b) {
  return b.constant(
      Tensor::from<float>({}, {static_cast<float>(0.01 + 0.05 * b.random().uniform())}));
}

void q_linear_binary(Builder& b) {
  const DType dtype = b.pick(DTypeList{DType::kUInt8, DType::kInt8});
  const ValueId x = b.value({dtype}, 1, 4, Fill::kSpecial);
  const ValueId y = b.operand(dtype, b.broadcastable(b.shape_of(x)), Fill::kSpecial);
  const auto zero = [&] { return b.scalar(dtype, static_cast<double>(b.between(0, 100))); };
  b.node(b.pick({"QLinearAdd", "QLinearMul"}),
         {x, scale(b), zero(), y, scale(b), zero(), scale(b), zero()}, {}, {dtype}, kMicrosoft);
}

void dynamic_quantize_matmul(Builder& b) {
  const std::int64_t rows = b.between(1, 5), inner = b.between(1, 20), columns = b.between(1, 9);
  const DType right = b.pick(DTypeList{DType::kUInt8, DType::kInt8});
  std::vector<ValueId> inputs = {b.operand(DType::kFloat32, {rows, inner}, Fill::kPlain),
                                 b.operand(right, {inner, columns}, Fill::kSpecial), scale(b)};
  if (b.chance(50)) inputs.push_back(b.scalar(right, static_cast<double>(b.between(0, 100))));
  b.node("DynamicQuantizeMatMul", inputs, {}, {DType::kFloat32}, kMicrosoft);
}

constexpr auto kGenerators =
    std::to_array<void (*)(Builder&)>({gelus, bias_gelu, fused_matmul, skip_layer_normalization,
                                       q_linear_binary, dynamic_quantize_matmul});

}  // namespace

Family contrib_family() {
  return {"contrib", kGenerators};
}

}  // namespace headway::differential
