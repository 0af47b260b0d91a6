#pragma once

#include <cstdint>

namespace headway {

struct Range {
  std::int64_t first = 0;
  std::int64_t last = 0;  ///< One past the end.
};

/// A grid of tasks over `images` equal products: each is cut into packed_parts × streamed_parts.
struct Split {
  std::int64_t packed_parts = 1;
  std::int64_t streamed_parts = 1;

  std::int64_t parts() const { return packed_parts * streamed_parts; }
};

/// Cuts products of packed_panels × streamed_panels register tiles for `threads`. A panel of the
/// operand that is packed on the fly has to be packed again in each of the streamed parts.
Split choose_split(std::int64_t images, std::int64_t packed_panels, std::int64_t streamed_panels,
                   int threads) noexcept;

/// The panels of one of `parts` parts.
inline Range part_of(std::int64_t panels, std::int64_t part, std::int64_t parts) {
  return {panels * part / parts, panels * (part + 1) / parts};
}

}  // namespace headway
