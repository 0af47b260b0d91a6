#include <cstring>

#include "ops/families.h"
#include "ops/onnx_dtype.h"
#include "ops/rules.h"

namespace headway {
namespace {

constexpr std::pair<std::int64_t, DType> kOnnxNumbers[] = {
    {1, DType::kFloat32},  {2, DType::kUInt8},    {3, DType::kInt8},    {4, DType::kUInt16},
    {5, DType::kInt16},    {6, DType::kInt32},    {7, DType::kInt64},   {9, DType::kBool},
    {10, DType::kFloat16}, {11, DType::kFloat64}, {12, DType::kUInt32}, {13, DType::kUInt64},
    {16, DType::kBFloat16}};

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

/// Floating-point values are cut towards zero and kept within an integer's range; NaN becomes 0.
void run_cast(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const Tensor converted = inputs[0].to(outputs[0].dtype());
  std::memcpy(outputs[0].raw(), converted.raw(), converted.byte_size());
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
  const AttributeSpec saturate{"saturate", AttributeKind::kInt};
  return {
      {"Cast",
       "",
       13,
       1,
       1,
       1,
       1,
       {saturate, {"to", AttributeKind::kInt, true}},
       infer_cast,
       run_cast},
      {"CastLike", "", 15, 2, 2, 1, 1, {saturate}, infer_cast_like, run_cast},
  };
}

}  // namespace headway
