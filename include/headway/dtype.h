#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "headway/export.h"

namespace headway {

/// Element type of a tensor.
enum class DType : std::uint8_t {
  kFloat32,
  kFloat64,
  kFloat16,
  kBFloat16,
  kInt8,
  kUInt8,
  kInt16,
  kUInt16,
  kInt32,
  kUInt32,
  kInt64,
  kUInt64,
  kBool,
};

/// Bytes per element.
HEADWAY_API std::size_t size_of(DType dtype) noexcept;

/// The name as users write it: "float32", "int64", "bool", …
HEADWAY_API std::string_view name_of(DType dtype) noexcept;

/// Inverse of name_of. Throws Error(kInvalidArgument) naming the known dtypes.
HEADWAY_API DType parse_dtype(std::string_view name);

/// True for the four floating-point types.
HEADWAY_API bool is_floating_point(DType dtype) noexcept;

/// IEEE 754 binary16 storage; arithmetic is done in float.
struct HEADWAY_API Float16 {
  std::uint16_t bits = 0;

  Float16() = default;
  explicit Float16(float value) noexcept;
  explicit operator float() const noexcept;
};

/// bfloat16 storage (the upper half of a float32, rounded to nearest even).
struct HEADWAY_API BFloat16 {
  std::uint16_t bits = 0;

  BFloat16() = default;
  explicit BFloat16(float value) noexcept;
  explicit operator float() const noexcept;
};

/// Maps a C++ element type to its DType: `kDTypeOf<float> == DType::kFloat32`.
template <typename T>
inline constexpr DType kDTypeOf = T::unsupported_element_type;
template <>
inline constexpr DType kDTypeOf<float> = DType::kFloat32;
template <>
inline constexpr DType kDTypeOf<double> = DType::kFloat64;
template <>
inline constexpr DType kDTypeOf<Float16> = DType::kFloat16;
template <>
inline constexpr DType kDTypeOf<BFloat16> = DType::kBFloat16;
template <>
inline constexpr DType kDTypeOf<std::int8_t> = DType::kInt8;
template <>
inline constexpr DType kDTypeOf<std::uint8_t> = DType::kUInt8;
template <>
inline constexpr DType kDTypeOf<std::int16_t> = DType::kInt16;
template <>
inline constexpr DType kDTypeOf<std::uint16_t> = DType::kUInt16;
template <>
inline constexpr DType kDTypeOf<std::int32_t> = DType::kInt32;
template <>
inline constexpr DType kDTypeOf<std::uint32_t> = DType::kUInt32;
template <>
inline constexpr DType kDTypeOf<std::int64_t> = DType::kInt64;
template <>
inline constexpr DType kDTypeOf<std::uint64_t> = DType::kUInt64;
template <>
inline constexpr DType kDTypeOf<bool> = DType::kBool;

}  // namespace headway
