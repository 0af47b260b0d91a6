#include <algorithm>
#include <cstring>

#include "kernels/inner_loops.h"
#include "kernels/movement/movement.h"
#include "kernels/strided.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

using Nest = StridedNest<2>;
using Offsets = Nest::Offsets;

constexpr std::int64_t kNoAxis = -1;

/// Columns and rows of a transpose that are one task, and columns if there are few rows.
constexpr std::int64_t kStrip = 64;
constexpr std::int64_t kRows = 4096;
constexpr std::int64_t kFewRows = 16;

template <typename Element>
void transpose_block(const InnerLoops& loops, std::int64_t rows, std::int64_t columns,
                     const Element* input, std::int64_t input_stride, Element* output,
                     std::int64_t output_stride) {
  if constexpr (sizeof(Element) == sizeof(float)) {
    loops.transpose(rows, columns, reinterpret_cast<const float*>(input), input_stride,
                    reinterpret_cast<float*>(output), output_stride);
    return;
  }
  if constexpr (sizeof(Element) == 1) {
    if (columns == 3 && input_stride == 3)
      return loops.split_triples(rows, input, output, output_stride);
    if (rows == 3 && output_stride == 3)
      return loops.join_triples(columns, input, input_stride, output);
  }
  constexpr std::int64_t kBlock = 16;
  for (std::int64_t top = 0; top < rows; top += kBlock) {
    const std::int64_t bottom = std::min(top + kBlock, rows);
    for (std::int64_t c = 0; c < columns; ++c) {
      for (std::int64_t r = top; r < bottom; ++r) {
        output[c * output_stride + r] = input[r * input_stride + c];
      }
    }
  }
}

/// The last but one axis is dense in the input, the last one in the output.
template <typename Element>
void copy_transposed(const KernelContext& context, const Nest& nest, const Element* input,
                     Element* output) {
  const int row_axis = nest.rank() - 1;
  const int column_axis = nest.rank() - 2;
  const std::int64_t rows = nest.extent(row_axis);
  const std::int64_t columns = nest.extent(column_axis);
  const std::int64_t strip = rows < kFewRows ? kRows : kStrip;
  const std::int64_t strips = (columns + strip - 1) / strip;
  const std::int64_t pieces = (rows + kRows - 1) / kRows;
  const std::int64_t in_stride = nest.stride(0, row_axis);
  const std::int64_t out_stride = nest.stride(1, column_axis);
  const std::int64_t tasks = nest.outer_size(2) * strips * pieces;
  const auto run = [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t task = first; task < last; ++task) {
      const std::int64_t row = task % pieces * kRows, column = task / pieces % strips * strip;
      const std::int64_t height = std::min(kRows, rows - row);
      const std::int64_t width = std::min(strip, columns - column);
      const std::int64_t outer = task / pieces / strips;
      nest.for_outer(2, outer, outer + 1, [&](const Offsets& offsets) {
        transpose_block(context.loops, height, width, input + offsets[0] + row * in_stride + column,
                        in_stride, output + offsets[1] + column * out_stride + row, out_stride);
      });
    }
  };
  for_tasks(context, tasks, std::min(rows, kRows) * std::min(columns, strip), run);
}

template <typename Element>
void copy_row(const Element* input, std::int64_t input_stride, Element* output,
              std::int64_t output_stride, std::int64_t size) {
  if (input_stride == 1 && output_stride == 1) {
    std::memcpy(output, input, static_cast<std::size_t>(size) * sizeof(Element));
  } else {
    for (std::int64_t i = 0; i < size; ++i) output[i * output_stride] = input[i * input_stride];
  }
}

template <typename Element>
void copy_in_rows(const KernelContext& context, const Nest& nest, const Element* input,
                  Element* output) {
  const int last_axis = nest.rank() - 1;
  const std::int64_t size = nest.extent(last_axis);
  const std::int64_t in_stride = nest.stride(0, last_axis);
  const std::int64_t out_stride = nest.stride(1, last_axis);
  if (nest.rank() == 1) {
    for_chunks(context, size, [&](std::int64_t first, std::int64_t count) {
      copy_row(input + first * in_stride, in_stride, output + first * out_stride, out_stride,
               count);
    });
    return;
  }
  for_tasks(context, nest.outer_size(1), size, [&](std::int64_t first, std::int64_t last, int) {
    nest.for_outer(1, first, last, [&](const Offsets& offsets) {
      copy_row(input + offsets[0], in_stride, output + offsets[1], out_stride, size);
    });
  });
}

std::int64_t dense_axis(const Nest& nest, int operand) {
  for (int axis = nest.rank() - 1; axis >= 0; --axis) {
    if (nest.stride(operand, axis) == 1) return axis;
  }
  return kNoAxis;
}

template <typename Element>
void copy_elements(const KernelContext& context, Nest nest, const void* input, void* output) {
  const auto* from = static_cast<const Element*>(input);
  auto* to = static_cast<Element*>(output);
  const auto column_axis = static_cast<int>(dense_axis(nest, 0));
  const auto row_axis = static_cast<int>(dense_axis(nest, 1));
  if (column_axis == kNoAxis || row_axis == kNoAxis || column_axis == row_axis) {
    return copy_in_rows(context, nest, from, to);
  }
  nest.move_to_end(column_axis);
  nest.move_to_end(row_axis > column_axis ? row_axis - 1 : row_axis);
  copy_transposed(context, nest, from, to);
}

}  // namespace

void copy_strided(const KernelContext& context, std::size_t element_size,
                  std::span<const std::int64_t> extents, const void* input,
                  std::span<const std::int64_t> input_strides, void* output,
                  std::span<const std::int64_t> output_strides) noexcept {
  const Nest nest(extents, {input_strides, output_strides});
  switch (element_size) {
    case 1:
      return copy_elements<std::uint8_t>(context, nest, input, output);
    case 2:
      return copy_elements<std::uint16_t>(context, nest, input, output);
    case 4:
      return copy_elements<std::uint32_t>(context, nest, input, output);
    default:
      return copy_elements<std::uint64_t>(context, nest, input, output);
  }
}

void copy_rows(const KernelContext& context, std::int64_t rows, std::int64_t row_bytes,
               const void* input, std::int64_t input_stride, void* output,
               std::int64_t output_stride) noexcept {
  constexpr std::int64_t kPiece = 16 * 1024;
  const std::int64_t pieces = (row_bytes + kPiece - 1) / kPiece;
  const auto work = std::min(row_bytes, kPiece) / static_cast<std::int64_t>(sizeof(float));
  for_tasks(context, rows * pieces, work, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t task = first; task < last; ++task) {
      const std::int64_t row = task / pieces;
      const std::int64_t begin = task % pieces * kPiece;
      std::memcpy(static_cast<char*>(output) + row * output_stride + begin,
                  static_cast<const char*>(input) + row * input_stride + begin,
                  static_cast<std::size_t>(std::min(kPiece, row_bytes - begin)));
    }
  });
}

}  // namespace headway
