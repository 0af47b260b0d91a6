#pragma once

#include <cstdint>

namespace headway {

/// Functions of two elements of any dtype; integers wrap around. Comparisons make bools, all others
/// an element of the operands' dtype.
enum class TypedBinary : std::uint8_t {
  kAdd,
  kSub,
  kMul,
  kDiv,        ///< Of integers: towards zero; the divisor is not 0.
  kModFloor,   ///< Of integers only; the sign of the divisor, which is not 0.
  kRemainder,  ///< Of integers only; the sign of the dividend; the divisor is not 0.
  kMin,        ///< A NaN operand makes the result NaN.
  kMax,
  kPRelu,  ///< x < 0 ? x * y : x; of floating-point numbers only.
  kAnd,    ///< Of bits; integers and bool only, and so the next four.
  kOr,
  kXor,
  kShiftLeft,  ///< By all bits or more, or by a negative amount: only copies of the sign remain.
  kShiftRight,
  kEqual,
  kLess,
  kLessOrEqual,
};

/// Functions of one element. Tests make bools.
enum class TypedUnary : std::uint8_t {
  kNot,         ///< Of bool only.
  kBitwiseNot,  ///< Of integers only, and so the next four.
  kAbs,
  kNeg,
  kSign,
  kRelu,
  kCeil,  ///< Of float64 only, and so the next three.
  kFloor,
  kReciprocal,
  kSqrt,
  kIsNaN,  ///< Of floating-point numbers only.
  kIsInfinite,
  kIsPositiveInfinity,
  kIsNegativeInfinity,
};

/// Loops over `size` elements. Operands may be the output if their elements are of the same size.
using TypedUnaryLoop = void (*)(std::int64_t size, const void* x, void* output) noexcept;
using TypedBinaryLoop = void (*)(std::int64_t size, const void* x, const void* y,
                                 void* output) noexcept;

}  // namespace headway
