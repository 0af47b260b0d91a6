#include "headway/dtype.h"

#include <array>
#include <bit>
#include <cmath>
#include <string>

#include "base/error.h"

namespace headway {
namespace {

struct DTypeInfo {
  std::string_view name;
  std::size_t size;
};

constexpr std::array<DTypeInfo, kDTypeCount> kInfo = {
    {{"float32", 4},      {"float64", 8},
     {"float16", 2},      {"bfloat16", 2},
     {"int8", 1},         {"uint8", 1},
     {"int16", 2},        {"uint16", 2},
     {"int32", 4},        {"uint32", 4},
     {"int64", 8},        {"uint64", 8},
     {"bool", 1},         {"string", sizeof(std::string)},
     {"float8e4m3fn", 1}, {"float8e4m3fnuz", 1},
     {"float8e5m2", 1},   {"float8e5m2fnuz", 1},
     {"float8e8m0", 1},   {"float6e2m3", 1},
     {"float6e3m2", 1},   {"float4e2m1", 1},
     {"int4", 1},         {"uint4", 1},
     {"int2", 1},         {"uint2", 1}}};

const DTypeInfo& info(DType dtype) noexcept {
  return kInfo[static_cast<std::size_t>(dtype)];
}

}  // namespace

std::size_t size_of(DType dtype) noexcept {
  return info(dtype).size;
}

std::string_view name_of(DType dtype) noexcept {
  return info(dtype).name;
}

DType parse_dtype(std::string_view name) {
  std::string known;
  for (std::size_t i = 0; i < kInfo.size(); ++i) {
    if (kInfo[i].name == name) return static_cast<DType>(i);
    known += concat(i == 0 ? "" : ", ", kInfo[i].name);
  }
  fail(ErrorCode::kInvalidArgument, "unknown dtype '", name, "'; the known ones are ", known);
}

bool is_floating_point(DType dtype) noexcept {
  return dtype <= DType::kBFloat16;
}

Float16::Float16(float value) noexcept {
  const auto input = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((input >> 16) & 0x8000U);
  const std::uint32_t magnitude = input & 0x7fffffffU;
  if (magnitude > 0x7f800000U) {
    bits = sign | 0x7e00U;
  } else if (magnitude >= 0x477ff000U) {
    bits = sign | 0x7c00U;
  } else if (magnitude < 0x38800000U) {
    // Subnormal in binary16: let the FPU round to a multiple of 2^-24.
    const float scaled = std::bit_cast<float>(magnitude) * 0x1p24F;
    bits = sign | static_cast<std::uint16_t>(std::nearbyint(scaled));
  } else {
    const std::uint32_t rounded = magnitude + 0xfffU + ((magnitude >> 13) & 1U);
    bits = sign | static_cast<std::uint16_t>((rounded - 0x38000000U) >> 13);
  }
}

Float16::operator float() const noexcept {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1fU;
  const std::uint32_t mantissa = bits & 0x3ffU;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
  }
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000U | (mantissa << 13));
  return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
}

BFloat16::BFloat16(float value) noexcept {
  const auto input = std::bit_cast<std::uint32_t>(value);
  if ((input & 0x7fffffffU) > 0x7f800000U) {
    bits = static_cast<std::uint16_t>((input >> 16) | 0x40U);
  } else {
    bits = static_cast<std::uint16_t>((input + 0x7fffU + ((input >> 16) & 1U)) >> 16);
  }
}

BFloat16::operator float() const noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

}  // namespace headway
