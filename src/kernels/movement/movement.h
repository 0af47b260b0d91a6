#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "kernels/context.h"

namespace headway {

/// Copies elements of `element_size` (1, 2, 4 or 8) bytes from one strided view to another, rank at
/// most 8: transpose, slice, concat, split, expand and depth-to-space are all this. Strides are in
/// elements, may be 0 or negative on the input side; the pointers name element (0, 0, …).
void copy_strided(const KernelContext& context, std::size_t element_size,
                  std::span<const std::int64_t> extents, const void* input,
                  std::span<const std::int64_t> input_strides, void* output,
                  std::span<const std::int64_t> output_strides) noexcept;

/// `rows` pieces of `row_bytes`, each stride apart (strides in bytes): one input of a concat, one
/// output of a split.
void copy_rows(const KernelContext& context, std::int64_t rows, std::int64_t row_bytes,
               const void* input, std::int64_t input_stride, void* output,
               std::int64_t output_stride) noexcept;

/// ONNX Gather. Of each of `outer` blocks of `extent` rows of `row_bytes` bytes, the rows that
/// `indices` name, in their order; a negative index counts from the end. The position of the first
/// index outside [-extent, extent) if there is one, and then nothing is written. Sizes are
/// positive; Index is int32 or int64.
template <typename Index>
std::optional<std::size_t> gather(const KernelContext& context, std::int64_t outer,
                                  std::int64_t extent, std::int64_t row_bytes, const void* input,
                                  std::span<const Index> indices, void* output) noexcept;

/// Matrices of which one triangle is kept: the diagonal `diagonal` columns to the right of the main
/// one and all above it, or all below it.
struct TriangleShape {
  std::int64_t matrices, rows, columns, diagonal;
  bool upper;
};

/// ONNX Trilu; what is not kept is zero. May work in place.
void trilu(const KernelContext& context, const TriangleShape& shape, std::size_t element_size,
           const void* input, void* output) noexcept;

/// ONNX EyeLike: `one` on the diagonal that lies `diagonal` columns to the right of the main one,
/// zero bytes elsewhere.
void eye(const KernelContext& context, std::int64_t rows, std::int64_t columns,
         std::int64_t diagonal, std::size_t element_size, const void* one, void* output) noexcept;

enum class PadMode : std::uint8_t { kConstant, kReflect, kEdge };

/// ONNX Pad for elements of 1, 2, 4 or 8 bytes; rank at most 8. `before` may be negative (crops);
/// the output's extents fix the rest. `value`: one element, or nullptr for zero. kReflect needs
/// pads smaller than the extent, kEdge a non-empty input. Throws nothing, checks nothing.
void pad(const KernelContext& context, PadMode mode, std::span<const std::int64_t> in_extents,
         std::span<const std::int64_t> before, std::span<const std::int64_t> out_extents,
         std::size_t element_size, const void* value, const void* input, void* output) noexcept;

}  // namespace headway
