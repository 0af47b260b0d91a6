#pragma once

#include <cstdint>

namespace headway {

/// Lanes of one vector that come from one source vector: lane l is lane from[l] of the source, or
/// none of it where that is negative.
struct LanePick {
  static constexpr int kMaxLanes = 16;
  std::int32_t from[kMaxLanes];
};

/// Vectors put together from lanes of others: at every pixel, the pick of each source in turn. The
/// first pick's missing lanes hold anything until a later pick fills them.
struct LaneSelection {
  const LanePick* picks = nullptr;
  const float* const* sources = nullptr;  ///< As many as picks; [pixels][width] each.
  int count = 0;                          ///< At least 1.
  std::int64_t pixels = 0;
  float* output = nullptr;  ///< [pixels][width]; overlaps no source.
};

}  // namespace headway
