#pragma once

#include <optional>
#include <vector>

#include "graph/graph.h"

namespace headway {

/// `extent` positions, `stride` elements apart.
struct Run {
  std::int64_t extent, stride;

  friend bool operator==(const Run&, const Run&) = default;
};

/// An axis as nested runs, the outermost first: what Reshape makes of several axes that do not
/// follow each other in memory. No runs at all: one position.
using Axis = std::vector<Run>;

std::int64_t extent_of(const Axis& axis);

/// The same axis in as few runs as possible.
Axis merged(const Axis& axis);

/// A value as a selection of another one's elements.
struct StridedView {
  Value* source = nullptr;  ///< Its elements in row-major order.
  std::int64_t offset = 0;
  std::vector<Axis> axes;
};

/// The whole of a value with a static shape.
StridedView dense_view(Value* value);

/// Follows Reshape, Transpose, Slice, Split and Gather of one index from a value with a static
/// shape as far as strides can express it. With `factor`, products with scalar constants are looked
/// through, too, and multiplied into it.
StridedView strided_view(Value* value, float* factor = nullptr);

}  // namespace headway
