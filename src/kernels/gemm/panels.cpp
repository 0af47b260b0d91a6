#include "kernels/gemm/panels.h"

#include <cstring>

namespace headway {
namespace {

void copy_floats(float* to, const float* from, std::int64_t count) {
  std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(float));
}

}  // namespace

void pack_row_panel(const InnerLoops& loops, const Panels& panels, const Matrix& left,
                    std::int64_t block, std::int64_t panel, float* packed) noexcept {
  const std::int64_t row = panels.first_row(panel);
  const std::int64_t k = panels.first_k(block);
  const std::int64_t depth = panels.depth(block);
  const int rows = panels.rows(panel);
  if (!left.transposed) {
    loops.transpose(rows, depth, left.data + row * left.stride + k, left.stride, packed, rows);
    return;
  }
  for (std::int64_t i = 0; i < depth; ++i) {
    copy_floats(packed + i * rows, left.data + (k + i) * left.stride + row, rows);
  }
}

void pack_column_panel(const InnerLoops& loops, const Panels& panels, const Matrix& right,
                       float factor, std::int64_t block, std::int64_t panel,
                       float* packed) noexcept {
  const std::int64_t column = panels.first_column(panel);
  const std::int64_t k = panels.first_k(block);
  const std::int64_t depth = panels.depth(block);
  const int columns = panels.columns(panel);
  const int padded = panels.padded_columns(panel);
  if (right.transposed) {
    loops.transpose(columns, depth, right.data + column * right.stride + k, right.stride, packed,
                    padded);
  }
  for (std::int64_t i = 0; i < depth; ++i) {
    float* row = packed + i * padded;
    if (!right.transposed) copy_floats(row, right.data + (k + i) * right.stride + column, columns);
    std::fill(row + columns, row + padded, 0.0F);
  }
  if (factor != 1) {
    loops.unary({UnaryOp::kLinear, factor, 0}, depth * padded, packed, packed);
  }
}

void pack_rows(const InnerLoops& loops, const Panels& panels, const Matrix& left,
               float* packed) noexcept {
  for (std::int64_t block = 0; block < panels.k_blocks(); ++block) {
    for (std::int64_t panel = 0; panel < panels.row_panels(); ++panel) {
      float* to = packed + panels.packed_rows_offset(block, panel);
      pack_row_panel(loops, panels, left, block, panel, to);
    }
  }
}

void pack_columns(const InnerLoops& loops, const Panels& panels, const Matrix& right, float factor,
                  float* packed) noexcept {
  for (std::int64_t block = 0; block < panels.k_blocks(); ++block) {
    for (std::int64_t panel = 0; panel < panels.column_panels(); ++panel) {
      float* to = packed + panels.packed_columns_offset(block, panel);
      pack_column_panel(loops, panels, right, factor, block, panel, to);
    }
  }
}

}  // namespace headway
