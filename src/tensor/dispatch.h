#pragma once

#include <type_traits>
#include <utility>

#include "headway/dtype.h"

#include "base/error.h"

namespace headway {

/// Calls `function(std::type_identity<T>{})` with the C++ element type of `dtype`:
/// `dispatch(t.dtype(), [&]<typename T>(std::type_identity<T>) { … });`
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
  }
  fail(ErrorCode::kInternal, "dtype number ", static_cast<int>(dtype), " does not exist");
}

}  // namespace headway
