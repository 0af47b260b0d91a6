#pragma once

#include <type_traits>

#include "headway/dtype.h"

#include "kernels/elementwise/typed_function.h"

// Loops over elements of any dtype, written so that the compiler uses vectors. Operands overlap an
// output only where they are the output, so that iterations depend on no others.
#if defined(__clang__)
#define HEADWAY_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define HEADWAY_INDEPENDENT _Pragma("GCC ivdep")
#endif

namespace headway {
namespace {

template <std::size_t kSize>
using UnsignedOf = std::conditional_t<
    kSize == 1, std::uint8_t,
    std::conditional_t<kSize == 2, std::uint16_t,
                       std::conditional_t<kSize == 4, std::uint32_t, std::uint64_t>>>;

template <typename T>
constexpr bool kIsReal = std::is_floating_point_v<T>;

template <typename T, typename Y, typename Function>
void typed_unary_loop(std::int64_t size, const void* x, void* output) noexcept {
  const T* in = static_cast<const T*>(x);
  Y* out = static_cast<Y*>(output);
  HEADWAY_INDEPENDENT
  for (std::int64_t i = 0; i < size; ++i) out[i] = static_cast<Y>(Function::of(in[i]));
}

template <typename T, typename Y, typename Function>
void typed_binary_loop(std::int64_t size, const void* x, const void* y, void* output) noexcept {
  const T* a = static_cast<const T*>(x);
  const T* b = static_cast<const T*>(y);
  Y* out = static_cast<Y*>(output);
  HEADWAY_INDEPENDENT
  for (std::int64_t i = 0; i < size; ++i) out[i] = static_cast<Y>(Function::of(a[i], b[i]));
}

#define HEADWAY_TYPED_FUNCTION(Name, expression) \
  struct Name {                                  \
    template <typename T>                        \
    static auto of(T x, [[maybe_unused]] T y) {  \
      return expression;                         \
    }                                            \
  };

HEADWAY_TYPED_FUNCTION(AddOf, x + y)
HEADWAY_TYPED_FUNCTION(SubOf, x - y)
HEADWAY_TYPED_FUNCTION(RealDivOf, x / y)
HEADWAY_TYPED_FUNCTION(MinOf, ((x < y) | (x != x)) ? x : y)
HEADWAY_TYPED_FUNCTION(MaxOf, ((x > y) | (x != x)) ? x : y)
HEADWAY_TYPED_FUNCTION(PReluOf, x < 0 ? x * y : x)
HEADWAY_TYPED_FUNCTION(AndOf, x& y)
HEADWAY_TYPED_FUNCTION(OrOf, x | y)
HEADWAY_TYPED_FUNCTION(XorOf, x ^ y)
HEADWAY_TYPED_FUNCTION(EqualOf, x == y)
HEADWAY_TYPED_FUNCTION(LessOf, x < y)
HEADWAY_TYPED_FUNCTION(LessOrEqualOf, x <= y)
#undef HEADWAY_TYPED_FUNCTION

/// A product of two 16-bit numbers must not become a signed one, which might overflow.
struct MulOf {
  template <typename T>
  static T of(T x, T y) {
    if constexpr (kIsReal<T>) {
      return x * y;
    } else {
      return static_cast<T>(1U * x * y);
    }
  }
};

/// The smallest integer over -1 would trap.
template <typename T>
inline bool is_minus_one(T y) {
  return std::is_signed_v<T> && y == static_cast<T>(-1);
}

struct DivOf {
  template <typename T>
  static T of(T x, T y) {
    if (is_minus_one(y)) return static_cast<T>(std::uint64_t{0} - static_cast<std::uint64_t>(x));
    return static_cast<T>(x / y);
  }
};

struct RemainderOf {
  template <typename T>
  static T of(T x, T y) {
    return is_minus_one(y) ? T{0} : static_cast<T>(x % y);
  }
};

struct ModFloorOf {
  template <typename T>
  static T of(T x, T y) {
    const T rest = RemainderOf::of(x, y);
    return rest != 0 && (rest < 0) != (y < 0) ? static_cast<T>(rest + y) : rest;
  }
};

/// `y` as unsigned is beyond all bits if it is negative.
struct ShiftLeftOf {
  template <typename T>
  static T of(T x, T y) {
    constexpr T kBits = 8 * sizeof(T);
    const auto bits = static_cast<UnsignedOf<sizeof(T)>>(x);
    const bool inside = (y >= 0) & (y < kBits);
    return inside ? static_cast<T>(bits << (y & (kBits - 1))) : T{0};
  }
};

struct ShiftRightOf {
  template <typename T>
  static T of(T x, T y) {
    constexpr T kLast = 8 * sizeof(T) - 1;
    const bool inside = (y >= 0) & (y <= kLast);
    const T shifted = static_cast<T>(x >> (inside ? y : kLast));
    return inside || std::is_signed_v<T> ? shifted : T{0};
  }
};

struct NotOf {
  template <typename T>
  static T of(T x) {
    return x ^ 1;
  }
};
struct BitwiseNotOf {
  template <typename T>
  static T of(T x) {
    return static_cast<T>(~x);
  }
};
struct NegOf {
  template <typename T>
  static T of(T x) {
    if constexpr (kIsReal<T>) {
      return -x;
    } else {
      return static_cast<T>(UnsignedOf<sizeof(T)>{0} - static_cast<UnsignedOf<sizeof(T)>>(x));
    }
  }
};
struct AbsOf {
  template <typename T>
  static T of(T x) {
    return x < 0 ? NegOf::of(x) : x;
  }
};
struct SignOf {
  template <typename T>
  static T of(T x) {
    return static_cast<T>((x > 0) - (x < 0));
  }
};
struct ReluOf {
  template <typename T>
  static T of(T x) {
    return x < 0 ? T{0} : x;
  }
};
struct CeilOf {
  static double of(double x) { return __builtin_ceil(x); }
};
struct FloorOf {
  static double of(double x) { return __builtin_floor(x); }
};
struct ReciprocalOf {
  static double of(double x) { return 1.0 / x; }
};
struct SqrtOf {
  static double of(double x) { return __builtin_sqrt(x); }
};
struct IsNaNOf {
  template <typename T>
  static bool of(T x) {
    return x != x;
  }
};
template <bool kPositive, bool kNegative>
struct IsInfiniteOf {
  template <typename T>
  static bool of(T x) {
    constexpr T kInfinity = static_cast<T>(__builtin_inf());
    return (kPositive & (x == kInfinity)) | (kNegative & (x == -kInfinity));
  }
};

/// Loops that see only bits are shared between the types that have as many.
template <typename T>
TypedBinaryLoop binary_of_bits(TypedBinary op) {
  using U = std::conditional_t<std::is_same_v<T, bool>, std::uint8_t, UnsignedOf<sizeof(T)>>;
  switch (op) {
    case TypedBinary::kAnd:
      return typed_binary_loop<U, U, AndOf>;
    case TypedBinary::kOr:
      return typed_binary_loop<U, U, OrOf>;
    case TypedBinary::kXor:
      return typed_binary_loop<U, U, XorOf>;
    case TypedBinary::kEqual:
      return typed_binary_loop<U, std::uint8_t, EqualOf>;
    default:
      return nullptr;
  }
}

template <typename T>
TypedBinaryLoop binary_of_integers(TypedBinary op) {
  using U = UnsignedOf<sizeof(T)>;
  switch (op) {
    case TypedBinary::kAdd:
      return typed_binary_loop<U, U, AddOf>;
    case TypedBinary::kSub:
      return typed_binary_loop<U, U, SubOf>;
    case TypedBinary::kMul:
      return typed_binary_loop<U, U, MulOf>;
    case TypedBinary::kDiv:
      return typed_binary_loop<T, T, DivOf>;
    case TypedBinary::kModFloor:
      return typed_binary_loop<T, T, ModFloorOf>;
    case TypedBinary::kRemainder:
      return typed_binary_loop<T, T, RemainderOf>;
    case TypedBinary::kMin:
      return typed_binary_loop<T, T, MinOf>;
    case TypedBinary::kMax:
      return typed_binary_loop<T, T, MaxOf>;
    case TypedBinary::kShiftLeft:
      return typed_binary_loop<T, T, ShiftLeftOf>;
    case TypedBinary::kShiftRight:
      return typed_binary_loop<T, T, ShiftRightOf>;
    case TypedBinary::kLess:
      return typed_binary_loop<T, std::uint8_t, LessOf>;
    case TypedBinary::kLessOrEqual:
      return typed_binary_loop<T, std::uint8_t, LessOrEqualOf>;
    default:
      return binary_of_bits<T>(op);
  }
}

template <typename T>
TypedBinaryLoop binary_of_reals(TypedBinary op) {
  switch (op) {
    case TypedBinary::kAdd:
      return typed_binary_loop<T, T, AddOf>;
    case TypedBinary::kSub:
      return typed_binary_loop<T, T, SubOf>;
    case TypedBinary::kMul:
      return typed_binary_loop<T, T, MulOf>;
    case TypedBinary::kDiv:
      return typed_binary_loop<T, T, RealDivOf>;
    case TypedBinary::kMin:
      return typed_binary_loop<T, T, MinOf>;
    case TypedBinary::kMax:
      return typed_binary_loop<T, T, MaxOf>;
    case TypedBinary::kPRelu:
      return typed_binary_loop<T, T, PReluOf>;
    case TypedBinary::kEqual:
      return typed_binary_loop<T, std::uint8_t, EqualOf>;
    case TypedBinary::kLess:
      return typed_binary_loop<T, std::uint8_t, LessOf>;
    case TypedBinary::kLessOrEqual:
      return typed_binary_loop<T, std::uint8_t, LessOrEqualOf>;
    default:
      return nullptr;
  }
}

template <typename T>
TypedUnaryLoop unary_of_integers(TypedUnary op) {
  switch (op) {
    case TypedUnary::kBitwiseNot:
      return typed_unary_loop<T, T, BitwiseNotOf>;
    case TypedUnary::kAbs:
      return typed_unary_loop<T, T, AbsOf>;
    case TypedUnary::kNeg:
      return typed_unary_loop<T, T, NegOf>;
    case TypedUnary::kSign:
      return typed_unary_loop<T, T, SignOf>;
    case TypedUnary::kRelu:
      return typed_unary_loop<T, T, ReluOf>;
    default:
      return nullptr;
  }
}

template <typename T>
TypedUnaryLoop unary_of_reals(TypedUnary op) {
  switch (op) {
    case TypedUnary::kAbs:
      return typed_unary_loop<T, T, AbsOf>;
    case TypedUnary::kNeg:
      return typed_unary_loop<T, T, NegOf>;
    case TypedUnary::kRelu:
      return typed_unary_loop<T, T, ReluOf>;
    case TypedUnary::kIsNaN:
      return typed_unary_loop<T, std::uint8_t, IsNaNOf>;
    case TypedUnary::kIsInfinite:
      return typed_unary_loop<T, std::uint8_t, IsInfiniteOf<true, true>>;
    case TypedUnary::kIsPositiveInfinity:
      return typed_unary_loop<T, std::uint8_t, IsInfiniteOf<true, false>>;
    case TypedUnary::kIsNegativeInfinity:
      return typed_unary_loop<T, std::uint8_t, IsInfiniteOf<false, true>>;
    default:
      return nullptr;
  }
}

/// Calls function(std::type_identity<T>{}) with the integer type of the dtype; `otherwise` if it
/// has none.
template <typename Result, typename Function>
Result with_integer(DType dtype, Result otherwise, Function function) {
  switch (dtype) {
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
    default:
      return otherwise;
  }
}

TypedBinaryLoop typed_binary(TypedBinary op, DType dtype) noexcept {
  if (dtype == DType::kFloat32) return binary_of_reals<float>(op);
  if (dtype == DType::kFloat64) return binary_of_reals<double>(op);
  if (dtype == DType::kBool) return binary_of_bits<bool>(op);
  return with_integer(dtype, TypedBinaryLoop{},
                      [&]<typename T>(std::type_identity<T>) { return binary_of_integers<T>(op); });
}

TypedUnaryLoop unary_of_doubles(TypedUnary op) {
  switch (op) {
    case TypedUnary::kCeil:
      return typed_unary_loop<double, double, CeilOf>;
    case TypedUnary::kFloor:
      return typed_unary_loop<double, double, FloorOf>;
    case TypedUnary::kReciprocal:
      return typed_unary_loop<double, double, ReciprocalOf>;
    case TypedUnary::kSqrt:
      return typed_unary_loop<double, double, SqrtOf>;
    default:
      return unary_of_reals<double>(op);
  }
}

TypedUnaryLoop typed_unary(TypedUnary op, DType dtype) noexcept {
  if (dtype == DType::kFloat32) return unary_of_reals<float>(op);
  if (dtype == DType::kFloat64) return unary_of_doubles(op);
  if (dtype == DType::kBool && op == TypedUnary::kNot)
    return typed_unary_loop<std::uint8_t, std::uint8_t, NotOf>;
  return with_integer(dtype, TypedUnaryLoop{},
                      [&]<typename T>(std::type_identity<T>) { return unary_of_integers<T>(op); });
}

template <typename T>
void select_loop(std::int64_t size, const void* condition, const void* x, const void* y,
                 void* output) noexcept {
  const auto* chosen = static_cast<const std::uint8_t*>(condition);
  const T* a = static_cast<const T*>(x);
  const T* b = static_cast<const T*>(y);
  T* out = static_cast<T*>(output);
  HEADWAY_INDEPENDENT
  for (std::int64_t i = 0; i < size; ++i) {
    const T yes = a[i], no = b[i];
    out[i] = chosen[i] != 0 ? yes : no;
  }
}

void select_elements(std::size_t element_size, std::int64_t size, const void* condition,
                     const void* x, const void* y, void* output) noexcept {
  switch (element_size) {
    case 1:
      return select_loop<std::uint8_t>(size, condition, x, y, output);
    case 2:
      return select_loop<std::uint16_t>(size, condition, x, y, output);
    case 4:
      return select_loop<std::uint32_t>(size, condition, x, y, output);
    default:
      return select_loop<std::uint64_t>(size, condition, x, y, output);
  }
}

}  // namespace
}  // namespace headway
