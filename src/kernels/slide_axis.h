#pragma once

#include <cstdint>

namespace headway {

/// One axis of a sliding window.
struct SlideAxis {
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t pad = 0;  ///< Before the first element; behind the last as far as `out` demands.
};

}  // namespace headway
