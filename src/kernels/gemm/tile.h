#pragma once

#include <cstdint>

#include "kernels/elementwise/function.h"

namespace headway {

/// The one building block of the heavy arithmetic: C[rows×columns] = addend + Σ a·b over one block
/// of k, in registers. Operands are packed: a as [k × rows], b as [k × columns rounded up to whole
/// vectors].
struct GemmTile {
  int rows = 0;
  int columns = 0;
  std::int64_t k = 0;
  const float* a = nullptr;
  const float* b = nullptr;
  float* c = nullptr;
  std::int64_t c_stride = 0;
  const float* addend = nullptr;  ///< Laid out like c, and may be c; null for zero.
  bool last = true;  ///< The block of k that completes C: then bias and activation follow.
  const float* row_bias = nullptr;
  const float* column_bias = nullptr;
  Unary activation;
};

/// A finished sum whose columns are rows of the output:
/// output[column][row] = activation(sums[row][column] + bias[column] + residual[column][row]).
struct TransposedTile {
  int rows = 0;
  int columns = 0;
  const float* sums = nullptr;
  std::int64_t sums_stride = 0;  ///< Room for columns rounded up to whole vectors.
  const float* bias = nullptr;
  const float* residual = nullptr;
  float* output = nullptr;
  std::int64_t output_stride = 0;  ///< Of the residual, too.
  Unary activation;
};

/// The matrix that a convolution multiplies its weights with: row (channel, ky, kx), column
/// (oy, ox), zeros where the kernel hangs over the image's edge. It is never stored as a whole.
struct ImageWindow {
  const float* image = nullptr;  ///< First channel of the group.
  std::int64_t in_height = 0;
  std::int64_t in_width = 0;
  std::int64_t out_width = 0;
  std::int64_t kernel_height = 1;
  std::int64_t kernel_width = 1;
  std::int64_t stride_height = 1;
  std::int64_t stride_width = 1;
  std::int64_t dilation_height = 1;
  std::int64_t dilation_width = 1;
  std::int64_t pad_top = 0;
  std::int64_t pad_left = 0;
};

/// A block of an ImageWindow, packed as [rows × padded_columns] with zeros beyond `columns`.
struct WindowBlock {
  std::int64_t first_row = 0;
  std::int64_t rows = 0;
  std::int64_t first_column = 0;
  int columns = 0;
  int padded_columns = 0;
};

}  // namespace headway
