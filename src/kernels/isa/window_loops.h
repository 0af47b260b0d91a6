#pragma once

#include "kernels/gemm/tile.h"
#include "kernels/isa/transpose_loops.h"

namespace headway {
namespace {

/// A run of a block's columns that lie in one output row, and so in one input row.
struct Segment {
  int column;  ///< in the block
  int length;
  std::int64_t out_y;
  std::int64_t out_x;
};

constexpr int kMaxBlockColumns = kTileVectors * kWidth;
static_assert(kMaxBlockColumns >= kTileRows);

inline int split_into_segments(const ImageWindow& window, const WindowBlock& block,
                               Segment (&segments)[kMaxBlockColumns]) {
  int count = 0;
  std::int64_t y = block.first_column / window.out_width;
  std::int64_t x = block.first_column % window.out_width;
  for (int column = 0; column < block.columns; ++count) {
    const std::int64_t room = window.out_width - x;
    const int length =
        room < block.columns - column ? static_cast<int>(room) : block.columns - column;
    segments[count] = {column, length, y, x};
    column += length;
    ++y;
    x = 0;
  }
  return count;
}

inline void copy_short(float* to, const float* from, int length) {
  for (; length > kWidth; length -= kWidth, to += kWidth, from += kWidth) store(to, load(from));
  store_partial(to, load_partial(from, length), length);
}

inline void fill_zero(float* to, int length) {
  for (int i = 0; i < length; ++i) to[i] = 0;
}

/// to[i] = from[i * stride]
inline void copy_with_stride(float* to, const float* from, std::int64_t stride, int length) {
  if (stride == 1) return copy_short(to, from, length);
  for (int i = 0; i < length; ++i) to[i] = from[i * stride];
}

inline std::int64_t divide_up(std::int64_t n, std::int64_t d) {
  return (n + d - 1) / d;
}

/// One segment of one row of the window: x = first_x + i * stride for i in [0, length), zero where
/// x is outside of the input row.
inline void pack_segment(const float* row, std::int64_t in_width, std::int64_t first_x,
                         std::int64_t stride, int length, float* to) {
  const std::int64_t last_x = first_x + (length - 1) * stride;
  if (first_x >= 0 && last_x < in_width) {
    return copy_with_stride(to, row + first_x, stride, length);
  }
  std::int64_t begin = first_x < 0 ? divide_up(-first_x, stride) : 0;
  std::int64_t end = first_x < in_width ? divide_up(in_width - first_x, stride) : 0;
  if (begin > length) begin = length;
  if (end > length) end = length;
  if (end < begin) end = begin;
  fill_zero(to, static_cast<int>(begin));
  if (end > begin) {
    copy_with_stride(to + begin, row + first_x + begin * stride, stride,
                     static_cast<int>(end - begin));
  }
  fill_zero(to + end, static_cast<int>(length - end));
}

/// A 1×1 kernel with stride 1 and no pads: rows of the window are channels of the image.
inline void pack_channels(const ImageWindow& window, const WindowBlock& block, float* packed) {
  const std::int64_t plane = window.in_height * window.in_width;
  const float* from = window.image + block.first_row * plane + block.first_column;
  for (std::int64_t row = 0; row < block.rows; ++row, from += plane) {
    copy_short(packed, from, block.columns);
    fill_zero(packed + block.columns, block.padded_columns - block.columns);
    packed += block.padded_columns;
  }
}

inline bool is_pointwise(const ImageWindow& window) {
  return window.kernel_height == 1 && window.kernel_width == 1 && window.stride_height == 1 &&
         window.stride_width == 1 && window.pad_top == 0 && window.pad_left == 0 &&
         window.out_width == window.in_width;
}

void pack_window(const ImageWindow& window, const WindowBlock& block, float* packed) noexcept {
  if (is_pointwise(window)) return pack_channels(window, block, packed);
  Segment segments[kMaxBlockColumns];
  const int count = split_into_segments(window, block, segments);
  const std::int64_t plane = window.in_height * window.in_width;
  std::int64_t kx = block.first_row % window.kernel_width;
  std::int64_t ky = block.first_row / window.kernel_width % window.kernel_height;
  const float* channel =
      window.image + block.first_row / (window.kernel_width * window.kernel_height) * plane;
  for (std::int64_t row = 0; row < block.rows; ++row) {
    for (int s = 0; s < count; ++s) {
      const Segment& segment = segments[s];
      const std::int64_t y =
          segment.out_y * window.stride_height + ky * window.dilation_height - window.pad_top;
      if (y < 0 || y >= window.in_height) {
        fill_zero(packed + segment.column, segment.length);
        continue;
      }
      const std::int64_t x =
          segment.out_x * window.stride_width + kx * window.dilation_width - window.pad_left;
      pack_segment(channel + y * window.in_width, window.in_width, x, window.stride_width,
                   segment.length, packed + segment.column);
    }
    fill_zero(packed + block.columns, block.padded_columns - block.columns);
    packed += block.padded_columns;
    if (++kx == window.kernel_width) {
      kx = 0;
      if (++ky == window.kernel_height) {
        ky = 0;
        channel += plane;
      }
    }
  }
}

}  // namespace
}  // namespace headway
