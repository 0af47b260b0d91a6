#include "graph/text_element.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstring>
#include <limits>
#include <type_traits>

#include "base/narrow.h"
#include "tensor/dispatch.h"

namespace headway {
namespace {

template <typename T>
concept HalfPrecision = std::same_as<T, Float16> || std::same_as<T, BFloat16>;

template <typename T>
inline constexpr bool kIsNarrow = is_narrow(kDTypeOf<T>);

template <typename T>
concept NarrowFloat = kIsNarrow<T> && !is_narrow_integer(kDTypeOf<T>);

/// What is printed as a float but stored in fewer bits.
template <typename T>
concept SmallFloat = HalfPrecision<T> || NarrowFloat<T>;

template <std::size_t kBytes>
using UnsignedOf = std::conditional_t<
    kBytes == 1, std::uint8_t,
    std::conditional_t<kBytes == 2, std::uint16_t,
                       std::conditional_t<kBytes == 4, std::uint32_t, std::uint64_t>>>;

template <typename T>
void append_number(std::string& out, T value, int base = 10) {
  char digits[32];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value, base).ptr;
  out.append(digits, end);
}

template <std::floating_point T>
void append_finite(std::string& out, T value) {
  char digits[32];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  const std::string_view text(digits, static_cast<std::size_t>(end - digits));
  out += text;
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

/// `wide` is the value, `value` how it is stored: the bits of a NaN are taken from the latter.
template <typename T, std::floating_point Wide>
void append_floating_point(std::string& out, T value, Wide wide) {
  if (std::isinf(wide)) {
    out += wide < 0 ? "-inf" : "inf";
  } else if (!std::isnan(wide)) {
    append_finite(out, wide);
  } else {
    const auto bits = std::bit_cast<UnsignedOf<sizeof(T)>>(value);
    const auto usual = std::bit_cast<UnsignedOf<sizeof(T)>>(
        static_cast<T>(std::numeric_limits<Wide>::quiet_NaN()));
    out += "nan";
    if (bits == usual) return;
    out += "(0x";
    append_number(out, bits, 16);
    out += ')';
  }
}

template <typename T>
void append_value(std::string& out, T value) {
  if constexpr (std::same_as<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (SmallFloat<T>) {
    append_floating_point(out, value, static_cast<float>(value));
  } else if constexpr (kIsNarrow<T>) {
    append_number(out, static_cast<int>(static_cast<float>(value)));
  } else if constexpr (std::floating_point<T>) {
    append_floating_point(out, value, value);
  } else {
    append_number(out, value);
  }
}

template <std::floating_point T>
bool parse_floating_point(std::string_view text, T& value) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  auto format = std::chars_format::general;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    format = std::chars_format::hex;
  } else if (text == "nan") {
    value = std::numeric_limits<T>::quiet_NaN();
    return !negative;
  } else if (text == "inf") {
    value = negative ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity();
    return true;
  }
  // from_chars would also take "infinity", "nan(…)" and a second sign.
  if (text.empty() || text.find_first_of("-nN") == 0 || text.find_first_of("iI") == 0) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, format);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  if (negative) value = -value;
  return true;
}

template <typename T>
bool parse_narrow(std::string_view text, T& value) {
  constexpr DType kType = kDTypeOf<T>;
  float wide = 0;
  if constexpr (is_narrow_integer(kType)) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return false;
    wide = static_cast<float>(number);
  } else if (!parse_floating_point(text, wide)) {
    return false;
  }
  value.bits = to_narrow(kType, wide, false);
  if (std::isnan(wide) || std::isinf(wide)) {
    const auto stored = static_cast<float>(value);
    return std::isnan(wide) ? std::isnan(stored) : stored == wide;
  }
  return wide >= lowest_narrow(kType) && wide <= largest_narrow(kType);
}

template <typename T>
bool parse_value(std::string_view text, T& value) {
  if constexpr (std::same_as<T, bool>) {
    value = text == "true";
    return value || text == "false";
  } else if constexpr (HalfPrecision<T>) {
    float wide = 0;
    if (!parse_floating_point(text, wide)) return false;
    value = T(wide);
    return std::isinf(static_cast<float>(value)) == std::isinf(wide);
  } else if constexpr (kIsNarrow<T>) {
    return parse_narrow(text, value);
  } else if constexpr (std::floating_point<T>) {
    return parse_floating_point(text, value);
  } else {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
  }
}

template <typename Function>
auto dispatch_numeric(DType dtype, Function&& function) {
  return is_narrow(dtype) ? dispatch_narrow(dtype, function) : dispatch(dtype, function);
}

}  // namespace

void append_element(std::string& out, DType dtype, const std::byte* element) {
  dispatch_numeric(dtype, [&]<typename T>(std::type_identity<T>) {
    if constexpr (std::same_as<T, bool>) {
      append_value(out, *element != std::byte{0});
    } else {
      T value;
      std::memcpy(&value, element, sizeof value);
      append_value(out, value);
    }
  });
}

void append_float(std::string& out, float value) {
  append_floating_point(out, value, value);
}

bool parse_element(std::string_view text, DType dtype, std::byte* element) {
  return dispatch_numeric(dtype, [&]<typename T>(std::type_identity<T>) {
    T value{};
    if (!parse_value(text, value)) return false;
    std::memcpy(element, &value, sizeof value);
    return true;
  });
}

bool store_nan(std::uint64_t bits, DType dtype, std::byte* element) {
  if (!is_floating_point(dtype) && !is_narrow(dtype)) return false;
  return dispatch_numeric(dtype, [&]<typename T>(std::type_identity<T>) {
    if constexpr (SmallFloat<T> || std::floating_point<T>) {
      using Bits = UnsignedOf<sizeof(T)>;
      const auto narrow = static_cast<Bits>(bits);
      const auto value = std::bit_cast<T>(narrow);
      if (narrow != bits) return false;
      if constexpr (SmallFloat<T>) {
        if (!std::isnan(static_cast<float>(value))) return false;
      } else if (!std::isnan(value)) {
        return false;
      }
      std::memcpy(element, &narrow, sizeof narrow);
      return true;
    } else {
      return false;
    }
  });
}

}  // namespace headway
