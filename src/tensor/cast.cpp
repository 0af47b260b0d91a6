#include "tensor/cast.h"

#include <cctype>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/narrow.h"
#include "tensor/dispatch.h"

namespace headway {
namespace {

template <typename T>
inline constexpr bool kIsHalf = std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>;

template <typename T>
inline constexpr bool kIsReal = std::is_floating_point_v<T> || kIsHalf<T>;

/// Towards zero, into the nearest integer that To has; NaN becomes 0. (A plain cast of a number
/// outside of the range would be undefined.)
template <typename To, typename From>
To saturate(From value) noexcept {
  using Limits = std::numeric_limits<To>;
  // Its successor is a power of two, and so exact in every floating-point type.
  constexpr auto kEnd = static_cast<From>(Limits::max() / 2 + 1) * 2;
  if (std::isnan(value)) return 0;
  if (value >= kEnd) return Limits::max();
  if (value <= static_cast<From>(Limits::min())) return Limits::min();
  return static_cast<To>(value);
}

template <typename To, typename From>
To convert_element(From value) noexcept {
  constexpr bool kToInteger = std::is_integral_v<To> && !std::is_same_v<To, bool>;
  if constexpr (kIsHalf<From>) {
    return convert_element<To>(static_cast<float>(value));
  } else if constexpr (kIsHalf<To>) {
    return To(static_cast<float>(value));
  } else if constexpr (kToInteger && std::is_floating_point_v<From>) {
    return saturate<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

/// Calls `convert(element)` for each, whose address may be unaligned, and stores what it returns.
template <typename From, typename To, typename Convert>
void map(const Tensor& tensor, Tensor& result, Convert&& convert) {
  const auto* source = static_cast<const unsigned char*>(tensor.raw());
  To* target = result.data<To>();
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    From element;
    std::memcpy(&element, source + static_cast<std::size_t>(i) * sizeof(From), sizeof(From));
    target[i] = convert(element);
  }
}

Tensor cast_numbers(const Tensor& tensor, DType dtype) {
  Tensor result = Tensor::allocate(dtype, tensor.shape());
  dispatch(tensor.dtype(), [&]<typename From>(std::type_identity<From>) {
    dispatch(dtype, [&]<typename To>(std::type_identity<To>) {
      map<From, To>(tensor, result, convert_element<To, From>);
    });
  });
  return result;
}

/// Narrow elements as float32, int8 or uint8, which hold them exactly.
Tensor widen(const Tensor& tensor) {
  const DType dtype = tensor.dtype();
  if (is_narrow_integer(dtype)) {
    const bool is_signed = dtype == DType::kInt4 || dtype == DType::kInt2;
    Tensor same = tensor;
    return Tensor::borrow(same.raw(), is_signed ? DType::kInt8 : DType::kUInt8, tensor.shape(),
                          std::make_shared<Tensor>(tensor));
  }
  Tensor result = Tensor::allocate(DType::kFloat32, tensor.shape());
  map<std::uint8_t, float>(tensor, result,
                           [&](std::uint8_t bits) { return from_narrow(dtype, bits); });
  return result;
}

Tensor narrow(const Tensor& tensor, DType dtype, const CastRules& rules) {
  Tensor result = Tensor::allocate(dtype, tensor.shape());
  auto* target = static_cast<std::uint8_t*>(result.raw());
  if (is_narrow_integer(dtype)) {
    const Tensor integers = cast_numbers(tensor, DType::kInt64);
    for (const std::int64_t value : integers.values<std::int64_t>())
      *target++ = wrap_to_narrow(dtype, value);
  } else {
    const Tensor floats = tensor.to(DType::kFloat32);
    for (const float value : floats.values<float>())
      *target++ = to_narrow(dtype, value, rules.saturate, rules.mode);
  }
  return result;
}

template <typename T>
std::string to_text(T value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "1" : "0";
  } else if constexpr (kIsHalf<T>) {
    return to_text(static_cast<float>(value));
  } else {
    if constexpr (std::is_floating_point_v<T>) {
      if (std::isnan(value)) return "NaN";
      if (std::isinf(value)) return value < 0 ? "-INF" : "INF";
    }
    char digits[32];
    return {digits, std::to_chars(std::begin(digits), std::end(digits), value).ptr};
  }
}

Tensor print(const Tensor& tensor) {
  Tensor result = Tensor::allocate(DType::kString, tensor.shape());
  dispatch(tensor.dtype(), [&]<typename From>(std::type_identity<From>) {
    map<From, std::string>(tensor, result, to_text<From>);
  });
  return result;
}

template <typename T>
T parse(const std::string& text) {
  std::string_view rest = text;
  while (!rest.empty() && std::isspace(static_cast<unsigned char>(rest.front())) != 0)
    rest.remove_prefix(1);
  while (!rest.empty() && std::isspace(static_cast<unsigned char>(rest.back())) != 0)
    rest.remove_suffix(1);
  if (rest.starts_with('+')) rest.remove_prefix(1);
  T value{};
  const char* end = rest.data() + rest.size();
  const auto [stop, error] = std::from_chars(rest.data(), end, value);
  if (stop != end || error != std::errc() || rest.empty()) {
    fail(ErrorCode::kInvalidArgument, "the string '", text, "' is not a number that ",
         std::is_integral_v<T> ? "an integer" : "a floating-point type", " can hold");
  }
  return value;
}

/// An integer in decimal digits is read exactly; anything else as a floating-point number.
bool is_plain_integer(const std::string& text) {
  const std::size_t start = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  return text.size() > start && text.find_first_not_of("0123456789", start) == std::string::npos;
}

Tensor scan(const Tensor& tensor, DType dtype) {
  Tensor result = Tensor::allocate(dtype, tensor.shape());
  const std::string* source = tensor.data<std::string>();
  dispatch(dtype, [&]<typename To>(std::type_identity<To>) {
    To* target = result.data<To>();
    for (std::int64_t i = 0; i < tensor.size(); ++i) {
      if constexpr (kIsReal<To>) {
        using Parsed = std::conditional_t<std::is_same_v<To, double>, double, float>;
        target[i] = convert_element<To>(parse<Parsed>(source[i]));
      } else if (is_plain_integer(source[i])) {
        using Parsed =
            std::conditional_t<std::is_same_v<To, std::uint64_t>, std::uint64_t, std::int64_t>;
        target[i] = convert_element<To>(parse<Parsed>(source[i]));
      } else {
        target[i] = convert_element<To>(parse<double>(source[i]));
      }
    }
  });
  return result;
}

}  // namespace

Tensor cast(const Tensor& tensor, DType dtype, const CastRules& rules) {
  const DType from = tensor.dtype();
  if (from == dtype) return tensor;
  if (is_narrow(from)) return cast(widen(tensor), dtype, rules);
  if (from == DType::kString)
    return is_narrow(dtype) ? cast(scan(tensor, DType::kFloat32), dtype, rules)
                            : scan(tensor, dtype);
  if (dtype == DType::kString) return print(tensor);
  return is_narrow(dtype) ? narrow(tensor, dtype, rules) : cast_numbers(tensor, dtype);
}

}  // namespace headway
