#pragma once

#include <cstdint>

namespace headway {

/// Functions of one float. `alpha` and `beta` mean what ONNX calls so.
enum class UnaryOp : std::uint8_t {
  kIdentity,
  kRelu,
  kClip,       ///< min(max(x, alpha), beta)
  kLeakyRelu,  ///< x < 0 ? alpha * x : x
  kElu,        ///< x < 0 ? alpha * (exp(x) - 1) : x
  kSelu,       ///< beta * (x < 0 ? alpha * (exp(x) - 1) : x)
  kSigmoid,
  kHardSigmoid,  ///< clip(alpha * x + beta, 0, 1)
  kHardSwish,    ///< x * clip(x / 6 + 0.5, 0, 1)
  kSilu,         ///< x * sigmoid(x)
  kTanh,
  kGelu,      ///< x / 2 * (1 + erf(x / sqrt(2)))
  kGeluTanh,  ///< The tanh approximation of it.
  kSoftplus,
  kSoftsign,
  kMish,
  kExp,
  kLog,
  kSqrt,
  kReciprocal,
  kErf,
  kAbs,
  kNeg,
  kFloor,
  kCeil,
  kRound,  ///< Ties to even.
  kSign,
  kSquare,
  kLinear,  ///< alpha * x + beta
  kSin,
  kCos,
  kAsin,
  kAcos,
  kAtan,
  kCelu,             ///< x < 0 ? alpha * (exp(beta * x) - 1) : x, with beta = 1 / alpha
  kSwish,            ///< x * sigmoid(alpha * x)
  kThresholdedRelu,  ///< x > alpha ? x : 0
  kShrink,           ///< x < -alpha ? x + beta : x > alpha ? x - beta : 0
};

/// A unary function with its parameters: the activation of an epilogue, or an operator of its own.
struct Unary {
  UnaryOp op = UnaryOp::kIdentity;
  float alpha = 0;
  float beta = 0;
};

/// Functions of two floats. A NaN operand of kMin or kMax makes the result NaN.
enum class BinaryOp : std::uint8_t { kAdd, kSub, kMul, kDiv, kMin, kMax, kPow };

}  // namespace headway
