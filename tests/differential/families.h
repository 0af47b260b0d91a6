#pragma once

#include <span>
#include <string_view>

#include "builder.h"

namespace headway::differential {

/// Generators of one kind: each adds one operator, or one pattern of several, to a case.
struct Family {
  std::string_view name;
  std::span<void (*const)(Builder&)> generators;
};

// One file per family.
Family unary_family();
Family binary_family();
Family reduce_family();
Family movement_family();
Family indexing_family();
Family conv_family();
Family pool_family();
Family matmul_family();
Family normalization_family();
Family quantization_family();
Family resize_family();
Family recurrent_family();
Family creation_family();
Family image_pattern_family();
Family transformer_pattern_family();
Family contrib_family();
Family contrib_quantized_family();
Family dynamic_family();
Family rarer_family();
Family text_family();
Family classical_family();
Family body_family();
Family decoder_family();

std::vector<Family> all_families();

/// The dtypes of an operator that takes floating-point numbers; float32 more often than others.
inline DTypeList floats() {
  return {DType::kFloat32, DType::kFloat32, DType::kFloat32, DType::kFloat64, DType::kFloat16};
}
inline DTypeList single() {
  return {DType::kFloat32, DType::kFloat32, DType::kFloat32, DType::kFloat32, DType::kFloat16};
}
inline DTypeList float32_only() {
  return {DType::kFloat32};
}
inline DTypeList wide_numbers() {
  return {DType::kFloat32, DType::kFloat32, DType::kFloat64,
          DType::kFloat16, DType::kInt32,   DType::kInt64};
}
inline DTypeList numbers() {
  return {DType::kFloat32, DType::kFloat32, DType::kFloat64, DType::kFloat16,
          DType::kInt8,    DType::kUInt8,   DType::kInt16,   DType::kUInt16,
          DType::kInt32,   DType::kUInt32,  DType::kInt64,   DType::kUInt64};
}
inline DTypeList integers() {
  return {DType::kInt8,  DType::kUInt8,  DType::kInt16, DType::kUInt16,
          DType::kInt32, DType::kUInt32, DType::kInt64, DType::kUInt64};
}
inline DTypeList anything() {
  DTypeList dtypes = numbers();
  dtypes.push_back(DType::kBool);
  return dtypes;
}

}  // namespace headway::differential
