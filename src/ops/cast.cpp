#include "tensor/cast.h"

#include "ops/families.h"
#include "ops/onnx_dtype.h"
#include "ops/rules.h"
#include "tensor/copy.h"

namespace headway {
namespace {

constexpr std::pair<std::int64_t, DType> kOnnxNumbers[] = {
    {1, DType::kFloat32},         {2, DType::kUInt8},       {3, DType::kInt8},
    {4, DType::kUInt16},          {5, DType::kInt16},       {6, DType::kInt32},
    {7, DType::kInt64},           {8, DType::kString},      {9, DType::kBool},
    {10, DType::kFloat16},        {11, DType::kFloat64},    {12, DType::kUInt32},
    {13, DType::kUInt64},         {16, DType::kBFloat16},   {17, DType::kFloat8E4M3FN},
    {18, DType::kFloat8E4M3FNUZ}, {19, DType::kFloat8E5M2}, {20, DType::kFloat8E5M2FNUZ},
    {21, DType::kUInt4},          {22, DType::kInt4},       {23, DType::kFloat4E2M1},
    {24, DType::kFloat8E8M0},     {25, DType::kUInt2},      {26, DType::kInt2},
    {27, DType::kFloat6E2M3},     {28, DType::kFloat6E3M2}};

void set_cast(InferContext& context, DType to) {
  const TensorType& x = context.input(0);
  context.set_output(0, {to, x.shape});
  const bool keeps_elements = kIntegerTypes.contains(x.dtype) && kIntegerTypes.contains(to);
  if (!keeps_elements) return;
  if (auto elements = context.input_as_shape(0)) {
    context.set_output_as_shape(0, std::move(*elements));
  }
}

void infer_cast(InferContext& context) {
  const std::int64_t number = context.node().get_int("to", 0);
  const std::optional<DType> to = dtype_of_onnx_number(number);
  if (!to) {
    fail(ErrorCode::kUnsupported, context.node().described(),
         ": it casts to ONNX's data type number ", number, ", which Headway does not have");
  }
  set_cast(context, *to);
}

void infer_cast_like(InferContext& context) {
  set_cast(context, context.input(1).dtype);
}

RoundMode round_mode(const Node& node) {
  const std::string mode = node.get_string("round_mode", "up");
  if (mode == "up") return RoundMode::kUp;
  if (mode == "down") return RoundMode::kDown;
  if (mode == "nearest") return RoundMode::kNearest;
  fail(ErrorCode::kInvalidModel, node.described(), ": round_mode is '", mode,
       "', but must be up, down or nearest");
}

void run_cast(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const CastRules rules = {node.get_int("saturate", 1) != 0, round_mode(node)};
  copy_elements(cast(inputs[0], outputs[0].dtype(), rules), outputs[0]);
}

}  // namespace

std::optional<DType> dtype_of_onnx_number(std::int64_t number) noexcept {
  for (const auto& [known, dtype] : kOnnxNumbers) {
    if (known == number) return dtype;
  }
  return std::nullopt;
}

std::int64_t onnx_number_of(DType dtype) noexcept {
  for (const auto& [number, known] : kOnnxNumbers) {
    if (known == dtype) return number;
  }
  return 0;
}

std::vector<Operator> cast_operators() {
  const AttributeSpec mode{"round_mode", AttributeKind::kString};
  const AttributeSpec saturate{"saturate", AttributeKind::kInt};
  return {
      {"Cast",
       "",
       13,
       1,
       1,
       1,
       1,
       {mode, saturate, {"to", AttributeKind::kInt, true}},
       infer_cast,
       run_cast},
      {"CastLike", "", 15, 2, 2, 1, 1, {mode, saturate}, infer_cast_like, run_cast},
  };
}

}  // namespace headway
