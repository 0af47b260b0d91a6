#include "kernels/gemm/operands.h"

#include <cstring>

namespace headway {
namespace {

void copy_floats(float* to, const float* from, std::int64_t count) {
  std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(float));
}

void pack_chunk(const GemmOperand& left, std::int64_t first_row, std::int64_t rows,
                std::int64_t first_k, std::int64_t count, float* packed) {
  const float* from = left.data + first_row * left.stride + first_k;
  if (count == kRowChunk) {
    for (std::int64_t r = 0; r < rows; ++r) {
      copy_floats(packed + r * kRowChunk, from + r * left.stride, kRowChunk);
    }
    return;
  }
  for (std::int64_t r = 0; r < rows; ++r) {
    copy_floats(packed + r * kRowChunk, from + r * left.stride, count);
  }
}

}  // namespace

void activate_rows(const InnerLoops& loops, const Unary& function, Range rows, Range columns,
                   float* c, std::int64_t stride) noexcept {
  if (function.op == UnaryOp::kIdentity) return;
  for (std::int64_t row = rows.first; row < rows.last; ++row) {
    float* first = c + row * stride + columns.first;
    loops.unary(function, columns.last - columns.first, first, first);
  }
}

void pack_panel(const InnerLoops& loops, const ColumnPanels& panels, const GemmOperand& right,
                float factor, std::int64_t panel, float* packed) noexcept {
  const std::int64_t column = panels.first_column(panel);
  const std::int64_t columns = panels.columns(panel);
  const std::int64_t padded = std::int64_t{panels.vectors_of(panel)} * panels.width;
  if (right.transposed) {
    loops.transpose(columns, panels.k, right.data + column * right.stride, right.stride, packed,
                    padded);
  }
  for (std::int64_t k = 0; k < panels.k; ++k) {
    float* row = packed + k * padded;
    if (!right.transposed) copy_floats(row, right.data + k * right.stride + column, columns);
    std::fill(row + columns, row + padded, 0.0F);
  }
  std::fill(packed + panels.k * padded, packed + panels.padded_k() * padded, 0.0F);
  if (factor != 1) {
    loops.unary({UnaryOp::kLinear, factor, 0}, panels.k * padded, packed, packed);
  }
}

void pack_row_tile(const InnerLoops& loops, const GemmOperand& left, std::int64_t first_row,
                   std::int64_t rows, std::int64_t first_k, std::int64_t depth, float* packed,
                   const float* ahead, std::int64_t lines_per_chunk) noexcept {
  for (std::int64_t k = 0; k < std::max<std::int64_t>(depth, 1); k += kRowChunk) {
    const std::int64_t count = std::min(kRowChunk, depth - k);
    if (count < kRowChunk) std::fill(packed, packed + rows * kRowChunk, 0.0F);
    if (left.transposed) {
      loops.transpose(count, rows, left.data + (first_k + k) * left.stride + first_row, left.stride,
                      packed, kRowChunk);
    } else if (count > 0) {
      pack_chunk(left, first_row, rows, first_k + k, count, packed);
    }
    packed += rows * kRowChunk;
    for (std::int64_t line = 0; line < lines_per_chunk; ++line, ahead += kRowChunk) {
      __builtin_prefetch(ahead, 0, 2);
    }
  }
}

}  // namespace headway
