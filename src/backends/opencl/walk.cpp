#include "backends/opencl/walk.h"

#include "ops/broadcast.h"

namespace headway::opencl {
namespace {

/// True if axis `outer` continues where the innermost axis of the walk ends, for all operands.
bool continues(const Walk& walk, const std::array<Shape, Walk::kOperands>& strides,
               std::size_t outer) {
  const auto last = static_cast<std::size_t>(walk.rank) - 1;
  for (std::size_t i = 0; i < strides.size(); ++i) {
    const std::int64_t next = std::int64_t{walk.strides[i][last]} * walk.extents[last];
    if (!strides[i].empty() && strides[i][outer] != next) return false;
  }
  return true;
}

}  // namespace

std::optional<Walk> walk_over(const Shape& extents,
                              const std::array<Shape, Walk::kOperands>& strides) {
  Walk walk;
  for (std::size_t axis = extents.size(); axis-- > 0;) {
    if (extents[axis] == 1) continue;
    if (walk.rank > 0 && continues(walk, strides, axis)) {
      walk.extents[walk.rank - 1] *= static_cast<cl_int>(extents[axis]);
      continue;
    }
    if (walk.rank == Walk::kMostAxes) return std::nullopt;
    walk.extents[walk.rank] = static_cast<cl_int>(extents[axis]);
    for (std::size_t i = 0; i < strides.size(); ++i) {
      if (!strides[i].empty()) walk.strides[i][walk.rank] = static_cast<cl_int>(strides[i][axis]);
    }
    ++walk.rank;
  }
  return walk;
}

std::optional<Walk> broadcast_walk(const Shape& extents, const Shape& a, const Shape& b,
                                   const Shape& c) {
  return walk_over(extents, {broadcast_strides(a, extents), broadcast_strides(b, extents),
                             broadcast_strides(c, extents)});
}

}  // namespace headway::opencl
