#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
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
  kString,  ///< std::string, UTF-8 by convention.
  // One byte per element in memory, whatever their width; only files pack several into a byte.
  kFloat8E4M3FN,
  kFloat8E4M3FNUZ,
  kFloat8E5M2,
  kFloat8E5M2FNUZ,
  kFloat8E8M0,
  kFloat6E2M3,
  kFloat6E3M2,
  kFloat4E2M1,
  kInt4,
  kUInt4,
  kInt2,
  kUInt2,
};

inline constexpr int kDTypeCount = static_cast<int>(DType::kUInt2) + 1;

/// Bytes per element in memory.
HEADWAY_API std::size_t size_of(DType dtype) noexcept;

/// The name as users write it: "float32", "int64", "bool", …
HEADWAY_API std::string_view name_of(DType dtype) noexcept;

/// Inverse of name_of. Throws Error(kInvalidArgument) naming the known dtypes.
HEADWAY_API DType parse_dtype(std::string_view name);

/// True for float64, float32, float16 and bfloat16: the floating-point types that operators compute
/// in.
HEADWAY_API bool is_floating_point(DType dtype) noexcept;

/// True for the types after kString: numbers of at most 8 bits that are only stored and converted.
constexpr bool is_narrow(DType dtype) noexcept {
  return dtype > DType::kString;
}

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

/// How a number becomes a float8e8m0, which has powers of two only.
enum class RoundMode : std::uint8_t { kUp, kDown, kNearest };

/// The nearest element of a narrow dtype, ties to even. `saturate`: what is too large becomes the
/// largest element, and not an infinity or NaN (for float8 types; the others always saturate).
HEADWAY_API std::uint8_t to_narrow(DType dtype, float value, bool saturate = true,
                                   RoundMode mode = RoundMode::kUp) noexcept;
HEADWAY_API float from_narrow(DType dtype, std::uint8_t bits) noexcept;

/// An element of a narrow dtype. Integers are stored as the int8_t or uint8_t of the same value.
template <DType kType>
struct Narrow {
  std::uint8_t bits = 0;

  Narrow() = default;
  explicit Narrow(float value) noexcept : bits(to_narrow(kType, value)) {}
  explicit operator float() const noexcept { return from_narrow(kType, bits); }
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
template <>
inline constexpr DType kDTypeOf<std::string> = DType::kString;
template <DType kType>
inline constexpr DType kDTypeOf<Narrow<kType>> = kType;

}  // namespace headway
