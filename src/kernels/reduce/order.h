#pragma once

#include <cstdint>

#include "kernels/context.h"

namespace headway {

/// A dense tensor seen as lines along one axis, [outer × extent × inner].
struct LineExtents {
  std::int64_t outer, extent, inner;
};

// T is float, double or an integer type of 8 to 64 bits.

/// ONNX ArgMax and ArgMin: the index of each line's largest (or smallest) element, of equal ones
/// the first (or last). NaN is chosen only where it is the first of a line. Extents are below 2^31.
template <typename T>
void arg_extreme(const KernelContext& context, const LineExtents& lines, bool largest, bool last,
                 const T* input, std::int64_t* output) noexcept;

/// ONNX TopK: the `count` largest (or smallest) elements of each line in order and their indices,
/// [outer × count × inner]; either may be nullptr. Of equal elements the one with the lower index
/// comes first, and NaN before everything. Extents are below 2^32 - 1; 1 ≤ count ≤ extent.
template <typename T>
void top_k(const KernelContext& context, const LineExtents& lines, std::int64_t count, bool largest,
           const T* input, void* scratch, T* values, std::int64_t* indices) noexcept;

/// Bytes of `scratch`, 64-byte aligned, for elements of this size on so many threads.
std::size_t top_k_scratch(std::size_t element_size, std::int64_t count, int threads) noexcept;

}  // namespace headway
