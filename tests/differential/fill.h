#pragma once

#include <cstdint>

#include "headway/tensor.h"

#include "base/random.h"

namespace headway::differential {

/// What the elements of a random tensor are like.
enum class Fill : std::uint8_t {
  kPlain,     ///< Normally distributed, or small integers.
  kUnit,      ///< In (-1, 1).
  kPositive,  ///< Floating-point numbers in [0.25, 4.25), integers in [1, 9].
  kGrid,      ///< Multiples of a half: equal elements, and ties where numbers are rounded.
  kSpecial,   ///< NaN, infinities, zeros of both signs, huge and tiny numbers among plain ones;
              ///< integers of any size.
};

/// Any dtype but string.
Tensor random_tensor(DType dtype, const Shape& shape, Fill fill, Random& random);

/// Integers in [low, high], of an integer dtype.
Tensor random_integers(DType dtype, const Shape& shape, std::int64_t low, std::int64_t high,
                       Random& random);

}  // namespace headway::differential
