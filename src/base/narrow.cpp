#include "base/narrow.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace headway {
namespace {

/// A floating-point format with a sign, whose elements below 2^(1-bias) are subnormal.
struct Format {
  int mantissa_bits, bias;
  float largest;
  std::uint8_t sign;  ///< The sign's bit.
  std::uint8_t nan;   ///< Sign excluded, except where it is the code of negative zero. 0: none.
  std::uint8_t infinity = 0;

  bool has_negative_zero() const noexcept { return nan != sign; }
};

/// From kFloat8E4M3FN on.
constexpr std::array<Format, 8> kFormats = {{{3, 7, 448, 0x80, 0x7f},
                                             {3, 8, 240, 0x80, 0x80},
                                             {2, 15, 57344, 0x80, 0x7f, 0x7c},
                                             {2, 16, 57344, 0x80, 0x80},
                                             {},  // float8e8m0 has neither sign nor mantissa.
                                             {3, 1, 7.5F, 0x20, 0},
                                             {2, 3, 28, 0x20, 0},
                                             {1, 1, 6, 0x08, 0}}};

const Format& format_of(DType dtype) noexcept {
  const int index = static_cast<int>(dtype) - static_cast<int>(DType::kFloat8E4M3FN);
  return kFormats[static_cast<std::size_t>(index) % kFormats.size()];
}

constexpr int kExponentBias = 127;  ///< Of float8e8m0.
constexpr std::uint8_t kExponentNan = 0xff;

std::uint8_t to_exponent(float value, bool saturate, RoundMode mode) noexcept {
  if (std::isnan(value)) return kExponentNan;
  if (std::isinf(value)) return saturate ? kExponentNan - 1 : kExponentNan;
  if (value <= 0) return saturate ? 0 : kExponentNan;
  int exponent = 0;
  const float fraction = std::frexp(value, &exponent);  // In [0.5, 1).
  const bool up = mode == RoundMode::kUp ? fraction > 0.5F : fraction >= 0.75F;
  exponent += kExponentBias - 1 + (mode != RoundMode::kDown && up ? 1 : 0);
  const int largest = kExponentNan - 1;
  if (exponent > largest) return saturate ? largest : kExponentNan;
  if (exponent < 0) return saturate ? 0 : kExponentNan;
  return static_cast<std::uint8_t>(exponent);
}

std::uint8_t to_format(const Format& format, float value, bool saturate) noexcept {
  const std::uint8_t sign = std::signbit(value) ? format.sign : 0;
  const auto with_sign = [&](std::uint8_t bits) -> std::uint8_t { return bits | sign; };
  const bool always = format.nan == 0;
  if (std::isnan(value) && !always) return with_sign(format.nan);
  if (std::isnan(value)) return format.sign;  // What ONNX's tests expect: negative zero.
  const float magnitude = std::min(std::fabs(value), format.largest * 4);
  int exponent = 0;
  std::frexp(magnitude, &exponent);
  exponent = std::max(exponent - 1, 1 - format.bias);
  const float quantum = std::ldexp(1.0F, exponent - format.mantissa_bits);
  float rounded = std::nearbyint(magnitude / quantum) * quantum;
  if (rounded > format.largest || std::isinf(value)) {
    if (!saturate && !always) return with_sign(format.infinity != 0 ? format.infinity : format.nan);
    rounded = format.largest;
  }
  if (rounded == 0) return format.has_negative_zero() ? sign : 0;
  std::frexp(rounded, &exponent);
  exponent = std::max(exponent - 1, 1 - format.bias);
  const int one = 1 << format.mantissa_bits;
  const auto mantissa =
      static_cast<int>(std::ldexp(rounded, format.mantissa_bits - exponent));  // Below 2 * one.
  const int field = exponent + format.bias - 1;  // A mantissa of `one` adds one more.
  return with_sign(static_cast<std::uint8_t>(field * one + mantissa));
}

float from_format(const Format& format, std::uint8_t bits) noexcept {
  const auto magnitude = static_cast<std::uint8_t>(bits & (format.sign - 1));
  const float sign = (bits & format.sign) != 0 ? -1.0F : 1.0F;
  if (format.infinity != 0 && magnitude == format.infinity)
    return sign * std::numeric_limits<float>::infinity();
  const bool is_nan =
      format.nan == format.sign
          ? bits == format.nan
          : format.nan != 0 && magnitude >= format.nan - (format.infinity != 0 ? 2 : 0);
  if (is_nan) return std::copysign(std::numeric_limits<float>::quiet_NaN(), sign);
  const int one = 1 << format.mantissa_bits;
  const int field = magnitude / one, fraction = magnitude % one;
  const int exponent = std::max(field, 1) - format.bias - format.mantissa_bits;
  return sign * std::ldexp(static_cast<float>(field == 0 ? fraction : fraction + one), exponent);
}

}  // namespace

int bits_of_narrow(DType dtype) noexcept {
  switch (dtype) {
    case DType::kFloat6E2M3:
    case DType::kFloat6E3M2:
      return 6;
    case DType::kFloat4E2M1:
    case DType::kInt4:
    case DType::kUInt4:
      return 4;
    case DType::kInt2:
    case DType::kUInt2:
      return 2;
    default:
      return 8;
  }
}

std::uint8_t wrap_to_narrow(DType dtype, std::int64_t value) noexcept {
  const int bits = bits_of_narrow(dtype);
  const auto low = static_cast<int>(value & ((1 << bits) - 1));
  const bool is_signed = dtype == DType::kInt4 || dtype == DType::kInt2;
  const bool negative = is_signed && low >> (bits - 1) != 0;
  return static_cast<std::uint8_t>(negative ? low - (1 << bits) : low);
}

float lowest_narrow(DType dtype) noexcept {
  if (dtype == DType::kInt4) return -8;
  if (dtype == DType::kInt2) return -2;
  if (dtype == DType::kFloat8E8M0) return std::ldexp(1.0F, -kExponentBias);
  return is_narrow_integer(dtype) ? 0 : -largest_narrow(dtype);
}

float largest_narrow(DType dtype) noexcept {
  switch (dtype) {
    case DType::kInt4:
      return 7;
    case DType::kUInt4:
      return 15;
    case DType::kInt2:
      return 1;
    case DType::kUInt2:
      return 3;
    case DType::kFloat8E8M0:
      return std::ldexp(1.0F, kExponentBias);
    default:
      return format_of(dtype).largest;
  }
}

std::uint8_t to_narrow(DType dtype, float value, bool saturate, RoundMode mode) noexcept {
  if (dtype == DType::kFloat8E8M0) return to_exponent(value, saturate, mode);
  if (!is_narrow_integer(dtype)) return to_format(format_of(dtype), value, saturate);
  if (std::isnan(value)) return 0;
  const float kept = std::clamp(value, lowest_narrow(dtype), largest_narrow(dtype));
  return static_cast<std::uint8_t>(static_cast<int>(kept));
}

float from_narrow(DType dtype, std::uint8_t bits) noexcept {
  if (dtype == DType::kInt4 || dtype == DType::kInt2) return static_cast<std::int8_t>(bits);
  if (is_narrow_integer(dtype)) return bits;
  if (dtype != DType::kFloat8E8M0) return from_format(format_of(dtype), bits);
  return bits == kExponentNan ? std::numeric_limits<float>::quiet_NaN()
                              : std::ldexp(1.0F, bits - kExponentBias);
}

}  // namespace headway
