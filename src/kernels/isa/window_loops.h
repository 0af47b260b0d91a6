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

inline std::int64_t divide_up(std::int64_t n, std::int64_t d) {
  return (n + d - 1) / d;
}

inline std::int64_t clamp_to(std::int64_t n, std::int64_t low, std::int64_t high) {
  return n < low ? low : n > high ? high : n;
}

/// Some lanes of one vector of a packed row, all from one input row. Every lane that is in no piece
/// is zero.
struct Piece {
  std::uint32_t lanes;
  std::int64_t offset;  ///< Of lane 0 in the channel; may lie outside of it.
};

/// Where the columns of a block lie in a channel, for one tap of the kernel.
struct TapPieces {
  Piece pieces[kMaxBlockColumns];
  int count[kTileVectors] = {};  ///< Vector v has pieces [v * kWidth, v * kWidth + count[v]).

  void add(int vector, std::uint32_t lanes, std::int64_t offset) {
    pieces[vector * kWidth + count[vector]++] = {lanes, offset};
  }
};

struct Tap {
  std::int64_t y, x;
};

/// Adds the columns of one segment that lie inside the image.
inline void add_segment(const ImageWindow& window, const Tap& tap, const Segment& segment,
                        TapPieces& pieces) {
  const std::int64_t stride = window.stride_width;
  const std::int64_t y =
      segment.out_y * window.stride_height + tap.y * window.dilation_height - window.pad_top;
  if (y < 0 || y >= window.in_height) return;
  const std::int64_t x = segment.out_x * stride + tap.x * window.dilation_width - window.pad_left;
  int begin = segment.column;
  int end = segment.column + segment.length;
  if (x < 0) begin += static_cast<int>(clamp_to(divide_up(-x, stride), 0, segment.length));
  if (x + (segment.length - 1) * stride >= window.in_width) {
    const std::int64_t inside = x < window.in_width ? divide_up(window.in_width - x, stride) : 0;
    end = segment.column + static_cast<int>(clamp_to(inside, 0, segment.length));
  }
  if (begin >= end) return;
  for (int vector = begin / kWidth; vector * kWidth < end; ++vector) {
    const int first = vector * kWidth;
    const int low = begin > first ? begin - first : 0;
    const int high = end < first + kWidth ? end - first : kWidth;
    const std::uint32_t lanes = ((1U << high) - 1) & ~((1U << low) - 1);
    pieces.add(vector, lanes, y * window.in_width + x + (first - segment.column) * stride);
  }
}

/// The rows of a block that belong to one tap: one per channel, `step` floats apart.
inline void pack_tap(const TapPieces& pieces, const float* channel, std::int64_t plane,
                     std::int64_t channels, std::int64_t stride, int padded_columns,
                     std::int64_t step, float* packed) {
  const int vectors = (padded_columns + kWidth - 1) / kWidth;
  const int last = padded_columns - (vectors - 1) * kWidth;
  for (std::int64_t c = 0; c < channels; ++c, channel += plane, packed += step) {
    for (int vector = 0; vector < vectors; ++vector) {
      Vector row = {};
      const Piece* piece = pieces.pieces + vector * kWidth;
      for (int i = 0; i < pieces.count[vector]; ++i) {
        row = load_lanes(row, piece[i].lanes, channel + piece[i].offset, stride);
      }
      if (vector + 1 < vectors || last == kWidth) {
        store(packed + vector * kWidth, row);
      } else {
        store_partial(packed + vector * kWidth, row, last);
      }
    }
  }
}

/// A 1×1 kernel with stride 1 and no pads: rows of the window are channels of the image.
inline void pack_channels(const ImageWindow& window, const WindowBlock& block, float* packed) {
  const std::int64_t plane = window.in_height * window.in_width;
  TapPieces pieces;
  for (int first = 0; first < block.columns; first += kWidth) {
    const int lanes = at_most_width(block.columns - first);
    pieces.add(first / kWidth, (1U << lanes) - 1, first);
  }
  pack_tap(pieces, window.image + block.first_row * plane + block.first_column, plane, block.rows,
           1, block.padded_columns, block.padded_columns, packed);
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
  const std::int64_t taps = window.kernel_height * window.kernel_width;
  const std::int64_t end_row = block.first_row + block.rows;
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    // Row k of the window is tap k % taps of channel k / taps.
    const std::int64_t first = divide_up(block.first_row - tap + taps, taps) - 1;
    const std::int64_t last = divide_up(end_row - tap + taps, taps) - 1;
    TapPieces pieces;
    for (int s = 0; s < count; ++s) {
      add_segment(window, {tap / window.kernel_width, tap % window.kernel_width}, segments[s],
                  pieces);
    }
    pack_tap(pieces, window.image + first * plane, plane, last - first, window.stride_width,
             block.padded_columns, taps * block.padded_columns,
             packed + (first * taps + tap - block.first_row) * block.padded_columns);
  }
}

}  // namespace
}  // namespace headway
