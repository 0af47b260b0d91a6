#pragma once

#include "graph/graph.h"

namespace headway {

/// What a Slice takes of one axis: elements start, start + step, …
struct SliceRange {
  std::int64_t start = 0, step = 1, count = 0;

  friend bool operator==(const SliceRange&, const SliceRange&) = default;
};

/// One requested range `start:end:step` of an axis with `extent` elements, clamped as ONNX does
/// (negative positions count from the end).
SliceRange resolve_slice(std::int64_t start, std::int64_t end, std::int64_t step,
                         std::int64_t extent) noexcept;

/// The sizes of a Split into `count` parts. `given` are the elements of the input `split`; without
/// it the parts are equal and the last one may be smaller. Throws Error(kInvalidModel) naming the
/// node.
std::vector<std::int64_t> split_sizes(const Node& node, std::int64_t extent, std::size_t count,
                                      const std::optional<std::vector<std::int64_t>>& given);

}  // namespace headway
