#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "kernels/context.h"

namespace headway {

// A negative index counts from the end of its axis. Functions that return a position found an index
// outside of [-extent, extent) there, the first one, and made nothing of it. Index is int32 or
// int64.

/// How an update joins the element that is there.
enum class Combine : std::uint8_t { kReplace, kAdd, kMul, kMax, kMin };

/// Which element of a dense tensor each index of another, equal in rank (at most kMaxRank) and no
/// larger along the other axes, addresses along one axis.
struct ElementIndices {
  std::span<const std::int64_t> extents;  ///< Of the tensor,
  std::span<const std::int64_t> shape;    ///< and of the indices.
  std::size_t axis = 0;
};

/// ONNX GatherElements for elements of 1, 2, 4 or 8 bytes.
template <typename Index>
std::optional<std::int64_t> gather_elements(const KernelContext& context,
                                            const ElementIndices& elements,
                                            std::size_t element_size, const void* input,
                                            const Index* indices, void* output) noexcept;

/// ONNX ScatterElements over what is in `data`. T is the type of the elements, which a pure
/// replacement may take for unsigned integers of the same size. Integers wrap around; kMax and kMin
/// keep what is there unless the update is larger (smaller) or NaN.
template <typename T, typename Index>
std::optional<std::int64_t> scatter_elements(const ElementIndices& elements, Combine combine,
                                             const Index* indices, const T* updates,
                                             T* data) noexcept;

/// Blocks of a dense tensor that tuples of `extents.size()` indices address, as GatherND and
/// ScatterND do: of each of `batches` equal parts, as many.
struct BlockIndices {
  std::span<const std::int64_t> extents;  ///< Of the axes that are indexed.
  std::int64_t batches = 1;
  std::int64_t blocks = 0;      ///< In all batches together.
  std::int64_t block_size = 0;  ///< Elements.
};

/// ONNX GatherND. The position is that of the index itself.
std::optional<std::int64_t> gather_blocks(const KernelContext& context, const BlockIndices& blocks,
                                          std::size_t element_size, const void* input,
                                          const std::int64_t* indices, void* output) noexcept;

/// ONNX ScatterND, as scatter_elements.
template <typename T>
std::optional<std::int64_t> scatter_blocks(const BlockIndices& blocks, Combine combine,
                                           const std::int64_t* indices, const T* updates,
                                           T* data) noexcept;

}  // namespace headway
