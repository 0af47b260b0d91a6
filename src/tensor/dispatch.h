#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include "headway/dtype.h"

#include "base/error.h"

namespace headway {

/// Calls `function(std::type_identity<T>{})` with the C++ element type of `dtype`:
/// `dispatch(t.dtype(), [&]<typename T>(std::type_identity<T>) { … });`
/// Only for the types that can be computed with: fails for strings and narrow types.
template <typename Function>
decltype(auto) dispatch(DType dtype, Function&& function) {
  switch (dtype) {
    case DType::kFloat32:
      return function(std::type_identity<float>{});
    case DType::kFloat64:
      return function(std::type_identity<double>{});
    case DType::kFloat16:
      return function(std::type_identity<Float16>{});
    case DType::kBFloat16:
      return function(std::type_identity<BFloat16>{});
    case DType::kInt8:
      return function(std::type_identity<std::int8_t>{});
    case DType::kUInt8:
      return function(std::type_identity<std::uint8_t>{});
    case DType::kInt16:
      return function(std::type_identity<std::int16_t>{});
    case DType::kUInt16:
      return function(std::type_identity<std::uint16_t>{});
    case DType::kInt32:
      return function(std::type_identity<std::int32_t>{});
    case DType::kUInt32:
      return function(std::type_identity<std::uint32_t>{});
    case DType::kInt64:
      return function(std::type_identity<std::int64_t>{});
    case DType::kUInt64:
      return function(std::type_identity<std::uint64_t>{});
    case DType::kBool:
      return function(std::type_identity<bool>{});
    default:
      break;
  }
  if (static_cast<int>(dtype) < kDTypeCount)
    fail(ErrorCode::kUnsupported, name_of(dtype), " elements cannot be computed with");
  fail(ErrorCode::kInternal, "dtype number ", static_cast<int>(dtype), " does not exist");
}

/// The same for narrow types only.
template <typename Function>
decltype(auto) dispatch_narrow(DType dtype, Function&& function) {
  switch (dtype) {
    case DType::kFloat8E4M3FN:
      return function(std::type_identity<Narrow<DType::kFloat8E4M3FN>>{});
    case DType::kFloat8E4M3FNUZ:
      return function(std::type_identity<Narrow<DType::kFloat8E4M3FNUZ>>{});
    case DType::kFloat8E5M2:
      return function(std::type_identity<Narrow<DType::kFloat8E5M2>>{});
    case DType::kFloat8E5M2FNUZ:
      return function(std::type_identity<Narrow<DType::kFloat8E5M2FNUZ>>{});
    case DType::kFloat8E8M0:
      return function(std::type_identity<Narrow<DType::kFloat8E8M0>>{});
    case DType::kFloat6E2M3:
      return function(std::type_identity<Narrow<DType::kFloat6E2M3>>{});
    case DType::kFloat6E3M2:
      return function(std::type_identity<Narrow<DType::kFloat6E3M2>>{});
    case DType::kFloat4E2M1:
      return function(std::type_identity<Narrow<DType::kFloat4E2M1>>{});
    case DType::kInt4:
      return function(std::type_identity<Narrow<DType::kInt4>>{});
    case DType::kUInt4:
      return function(std::type_identity<Narrow<DType::kUInt4>>{});
    case DType::kInt2:
      return function(std::type_identity<Narrow<DType::kInt2>>{});
    case DType::kUInt2:
      return function(std::type_identity<Narrow<DType::kUInt2>>{});
    default:
      fail(ErrorCode::kInternal, name_of(dtype), " is no narrow dtype");
  }
}

/// The same for every dtype, strings included.
template <typename Function>
decltype(auto) dispatch_any(DType dtype, Function&& function) {
  if (dtype == DType::kString) return function(std::type_identity<std::string>{});
  if (is_narrow(dtype)) return dispatch_narrow(dtype, function);
  return dispatch(dtype, function);
}

}  // namespace headway
