#pragma once

#include <optional>

#include "headway/dtype.h"

namespace headway {

/// The dtype with this number in ONNX's TensorProto.DataType, as Cast's attribute `to` holds it;
/// nullopt if Headway has no such dtype.
std::optional<DType> dtype_of_onnx_number(std::int64_t number) noexcept;

/// Inverse of dtype_of_onnx_number.
std::int64_t onnx_number_of(DType dtype) noexcept;

}  // namespace headway
