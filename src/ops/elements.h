#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include "headway/tensor.h"

#include "tensor/dispatch.h"

namespace headway {

template <typename T>
inline constexpr bool kIsFloat =
    std::is_floating_point_v<T> || std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>;

/// The type in which one element is computed: double for the floating-point types (rounded once
/// when stored), the type itself otherwise.
template <typename T>
using Computed = std::conditional_t<kIsFloat<T>, double, T>;

/// The type in which sums are accumulated. Integers wrap around as their own type would.
template <typename T>
using Accumulated = std::conditional_t<kIsFloat<T>, double, std::uint64_t>;

template <typename T>
Computed<T> load(T element) noexcept {
  if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>) {
    return static_cast<float>(element);
  } else {
    return element;
  }
}

/// A floating-point value is cut towards zero and kept within the integer's range; NaN becomes 0.
template <typename To>
To saturated(double value) noexcept {
  constexpr double low = static_cast<double>(std::numeric_limits<To>::lowest());
  constexpr double high = static_cast<double>(std::numeric_limits<To>::max());
  if (value != value) return 0;
  if (value <= low) return std::numeric_limits<To>::lowest();
  if (value >= high) return std::numeric_limits<To>::max();
  return static_cast<To>(value);
}

/// Rounds a floating-point result to a floating-point T, saturates it to an integer one; keeps the
/// low bits of an integer result.
template <typename T, typename Value>
T store(Value value) noexcept {
  if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>) {
    return T(static_cast<float>(value));
  } else if constexpr (std::is_floating_point_v<Value> && std::is_integral_v<T> &&
                       !std::is_same_v<T, bool>) {
    return saturated<T>(value);
  } else {
    return static_cast<T>(value);
  }
}

/// dispatch() restricted to the types for which `kAllowed<T>` holds. The shape rule has refused the
/// others before.
#define HEADWAY_DISPATCH_IF(allowed, dtype, function)                                          \
  dispatch(dtype, [&]<typename T>(std::type_identity<T> element_type) {                        \
    if constexpr (allowed) {                                                                   \
      function(element_type);                                                                  \
    } else {                                                                                   \
      fail(ErrorCode::kInternal, "a reference kernel was called with dtype ", name_of(dtype)); \
    }                                                                                          \
  })

template <typename Function>
void dispatch_floats(DType dtype, Function&& function) {
  HEADWAY_DISPATCH_IF(kIsFloat<T>, dtype, function);
}

template <typename Function>
void dispatch_integers(DType dtype, Function&& function) {
  HEADWAY_DISPATCH_IF((!kIsFloat<T> && !std::is_same_v<T, bool>), dtype, function);
}

/// Everything but bool.
template <typename Function>
void dispatch_numbers(DType dtype, Function&& function) {
  HEADWAY_DISPATCH_IF((!std::is_same_v<T, bool>), dtype, function);
}

#undef HEADWAY_DISPATCH_IF

/// For kernels that only move elements: calls `function` with an unsigned integer of as many bytes,
/// or with std::string.
template <typename Function>
void dispatch_size(DType dtype, Function&& function) {
  if (dtype == DType::kString) return function(std::type_identity<std::string>{});
  switch (size_of(dtype)) {
    case 1:
      return function(std::type_identity<std::uint8_t>{});
    case 2:
      return function(std::type_identity<std::uint16_t>{});
    case 4:
      return function(std::type_identity<std::uint32_t>{});
    default:
      return function(std::type_identity<std::uint64_t>{});
  }
}

/// The elements of an integer tensor as int64, or of a floating-point one as double.
std::vector<std::int64_t> to_ints(const Tensor& tensor);
std::vector<double> to_doubles(const Tensor& tensor);
/// The first element, or `otherwise` if the tensor is undefined or empty.
double scalar_or(const Tensor& tensor, double otherwise);

/// The tensor, or an aligned copy if its elements may not be addressed directly.
Tensor aligned(const Tensor& tensor);

}  // namespace headway
