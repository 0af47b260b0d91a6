#pragma once

#include "headway/dtype.h"

namespace headway {

/// How many bits an element of a narrow dtype takes in files: 2, 4, 6 or 8.
int bits_of_narrow(DType dtype) noexcept;

/// True for the narrow integers.
constexpr bool is_narrow_integer(DType dtype) noexcept {
  return dtype >= DType::kInt4;
}

/// The low bits of an integer as an element of a narrow integer dtype.
std::uint8_t wrap_to_narrow(DType dtype, std::int64_t value) noexcept;

/// The smallest and largest finite elements.
float lowest_narrow(DType dtype) noexcept;
float largest_narrow(DType dtype) noexcept;

}  // namespace headway
