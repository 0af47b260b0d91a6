#pragma once

#include <cstdint>

namespace headway {

struct Range {
  std::int64_t first = 0;
  std::int64_t last = 0;  ///< One past the end.
};

/// One of `parts` nearly equal parts of [0, size).
inline Range part_of(std::int64_t size, std::int64_t part, std::int64_t parts) {
  return {size * part / parts, size * (part + 1) / parts};
}

}  // namespace headway
