#pragma once

#include <cstdint>
#include <optional>

#include "bench/results.h"

namespace headway::bench {

/// The least time of one sample: nobody who multiplies and adds as convolutions and matrix products
/// are defined, in fp32 on this processor, can need less.
struct Floor {
  double arithmetic_ns = 0;
  double memory_ns = 0;  ///< To read the weights that no cache can keep from call to call.

  /// The larger of the two, which may go on at the same time.
  double ns() const noexcept;
};

/// Empty if the limits were not measured, the multiply-adds are unknown, or the race is not the
/// processor's.
std::optional<Floor> floor_of(const RaceResult& race);

/// False for a row whose runtime reports another precision than fp32.
bool computes_in_fp32(const RowResult& row);

}  // namespace headway::bench
