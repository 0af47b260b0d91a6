#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/epilogue.h"
#include "kernels/gemm/panels.h"
#include "kernels/gemm/split.h"

namespace headway {

/// Floats of an operand packed on the fly that are kept at once: half of a small L2 cache.
inline constexpr std::int64_t kPackedBlockSize = 96 * 1024;

/// Panels of `panel_width` packed at once.
inline std::int64_t panels_per_block(const Panels& panels, std::int64_t panel_width) {
  const std::int64_t depth = std::max<std::int64_t>(1, panels.deepest());
  return std::max<std::int64_t>(1, kPackedBlockSize / (depth * panel_width));
}

/// Floats of scratch memory that hold a block of `count` panels (or fewer, if there are no more).
inline std::int64_t block_size(const Panels& panels, std::int64_t panel_width, std::int64_t count) {
  const std::int64_t held = std::min(count, panels_per_block(panels, panel_width));
  return (held * panel_width * panels.deepest() + 15) / 16 * 16;
}

/// Where a product goes and what is done to it on the way.
struct ProductOutput {
  float* c = nullptr;
  std::int64_t first_row = 0;  ///< The row of the product that c (and the residual) begin with.
  std::int64_t stride = 0;
  const float* residual = nullptr;  ///< Laid out like c.
  const float* row_bias = nullptr;
  const float* column_bias = nullptr;
  Unary activation;
};

/// One register tile of a product.
inline GemmTile tile_at(const Panels& panels, const ProductOutput& output, std::int64_t block,
                        std::int64_t row_panel, std::int64_t column_panel) {
  const std::int64_t row = panels.first_row(row_panel);
  const std::int64_t column = panels.first_column(column_panel);
  const std::int64_t offset = (row - output.first_row) * output.stride + column;
  GemmTile tile;
  tile.rows = panels.rows(row_panel);
  tile.columns = panels.columns(column_panel);
  tile.k = panels.depth(block);
  tile.c = output.c + offset;
  tile.c_stride = output.stride;
  if (block > 0) {
    tile.addend = tile.c;
  } else if (output.residual) {
    tile.addend = output.residual + offset;
  }
  tile.last = block + 1 == panels.k_blocks();
  if (output.row_bias) tile.row_bias = output.row_bias + row;
  if (output.column_bias) tile.column_bias = output.column_bias + column;
  tile.activation = output.activation;
  return tile;
}

/// The product over some panels, the left operand packed beforehand, the right one block by block:
/// `pack(block, panel, float* to)` is asked for each of its panels. `scratch` has room for
/// block_size(panels, tile_columns, columns.last - columns.first).
template <typename Pack>
void multiply_packing_columns(const InnerLoops& loops, const Panels& panels, Range rows,
                              Range columns, const float* packed_rows, const ProductOutput& output,
                              float* scratch, const Pack& pack) {
  const std::int64_t step = panels_per_block(panels, panels.tile_columns);
  for (std::int64_t first = columns.first; first < columns.last; first += step) {
    const std::int64_t last = std::min(first + step, columns.last);
    for (std::int64_t block = 0; block < panels.k_blocks(); ++block) {
      const std::int64_t panel_size = panels.depth(block) * panels.tile_columns;
      for (std::int64_t j = first; j < last; ++j) {
        pack(block, j, scratch + (j - first) * panel_size);
      }
      for (std::int64_t i = rows.first; i < rows.last; ++i) {
        for (std::int64_t j = first; j < last; ++j) {
          GemmTile tile = tile_at(panels, output, block, i, j);
          tile.a = packed_rows + panels.packed_rows_offset(block, i);
          tile.b = scratch + (j - first) * panel_size;
          loops.gemm_tile(tile);
        }
      }
    }
  }
}

/// The same, the right operand packed beforehand and the left one block by block. `scratch` has
/// room for block_size(panels, tile_rows, rows.last - rows.first). `finish(row panel, column
/// panel)` is called when a tile of the output is complete.
template <typename Pack, typename Finish>
void multiply_packing_rows(const InnerLoops& loops, const Panels& panels, Range rows, Range columns,
                           const float* packed_columns, const ProductOutput& output, float* scratch,
                           const Pack& pack, const Finish& finish) {
  const std::int64_t step = panels_per_block(panels, panels.tile_rows);
  for (std::int64_t first = rows.first; first < rows.last; first += step) {
    const std::int64_t last = std::min(first + step, rows.last);
    for (std::int64_t block = 0; block < panels.k_blocks(); ++block) {
      const std::int64_t panel_size = panels.depth(block) * panels.tile_rows;
      for (std::int64_t i = first; i < last; ++i) {
        pack(block, i, scratch + (i - first) * panel_size);
      }
      for (std::int64_t j = columns.first; j < columns.last; ++j) {
        for (std::int64_t i = first; i < last; ++i) {
          GemmTile tile = tile_at(panels, output, block, i, j);
          tile.a = scratch + (i - first) * panel_size;
          tile.b = packed_columns + panels.packed_columns_offset(block, j);
          loops.gemm_tile(tile);
          if (tile.last) finish(i, j);
        }
      }
    }
  }
}

}  // namespace headway
