#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "kernels/strided.h"

namespace headway {

/// Those axes of a dense tensor that a reduction keeps (offsets: input, output) or reduces (input),
/// merged. Where an axis is reduced, its output stride is 0.
template <int kOperands>
StridedNest<kOperands> axes_of(std::span<const std::int64_t> extents,
                               std::span<const std::int64_t> output_strides, bool kept) {
  std::array<std::int64_t, kMaxRank> chosen{}, input{}, output{};
  std::size_t rank = 0;
  std::int64_t stride = 1;
  for (std::size_t axis = extents.size(); axis-- > 0;) {
    if ((output_strides[axis] != 0) == kept) {
      const std::size_t at = kMaxRank - ++rank;
      chosen[at] = extents[axis];
      input[at] = stride;
      output[at] = output_strides[axis];
    }
    stride *= extents[axis];
  }
  const std::array<std::span<const std::int64_t>, 2> strides = {std::span(input).last(rank),
                                                                std::span(output).last(rank)};
  if constexpr (kOperands == 1) {
    return {std::span(chosen).last(rank), {strides[0]}};
  } else {
    return {std::span(chosen).last(rank), strides};
  }
}

}  // namespace headway
