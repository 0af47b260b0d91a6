#pragma once

#include <array>
#include <optional>

#include "headway/tensor.h"

#include "backends/opencl/library.h"

namespace headway::opencl {

/// How kernels step through up to three operands at once, axes from the innermost on. common.cl
/// has the same structure.
struct Walk {
  static constexpr std::size_t kMostAxes = 8, kOperands = 3;

  cl_int rank = 0;
  cl_int extents[kMostAxes] = {};
  cl_int strides[kOperands][kMostAxes] = {};
};

/// A walk over `extents`, outermost first, in row-major order, with the element strides of each
/// operand (empty: none). Neighbouring axes become one where all operands allow; nullopt if too
/// many are left.
std::optional<Walk> walk_over(const Shape& extents,
                              const std::array<Shape, Walk::kOperands>& strides);

/// The strides of operands that are broadcast to `extents`.
std::optional<Walk> broadcast_walk(const Shape& extents, const Shape& a, const Shape& b = {},
                                   const Shape& c = {});

}  // namespace headway::opencl
