#pragma once

#include "kernels/isa/simd.h"
#include "kernels/slide_axis.h"

// Windows that slide over a plane of the blocked layout, where each pixel is one vector. A block of
// neighbouring output columns is computed in registers, so that a pixel is loaded once per tap row
// and serves every tap that it lies under. Taps outside the image are skipped, not padded.

namespace headway {
namespace {

/// Output columns of one block: enough independent totals to hide the latency, as many as the
/// registers hold.
#if defined(__AVX512F__)
constexpr int kBlockColumns = 14;
#else
constexpr int kBlockColumns = 8;
#endif

/// A range of taps, or of output columns.
struct Range {
  std::int64_t first, last;
};

inline std::int64_t steps_to(std::int64_t distance, std::int64_t step) {
  return step == 1 ? distance : (distance + step - 1) / step;
}

/// The taps at `start`, `start` + dilation, … that lie in [0, axis.in).
inline Range taps_inside(const SlideAxis& axis, std::int64_t start) {
  if (start >= 0 && start + (axis.kernel - 1) * axis.dilation < axis.in) return {0, axis.kernel};
  const std::int64_t first = start < 0 ? steps_to(-start, axis.dilation) : 0;
  const std::int64_t end = start < axis.in ? steps_to(axis.in - start, axis.dilation) : 0;
  const std::int64_t last = end < axis.kernel ? end : axis.kernel;
  return {first < last ? first : last, last};
}

/// True if the windows of all output columns begin or end inside the image, as slide demands.
inline bool windows_touch_image(const SlideAxis& width) {
  return width.pad < width.kernel && (width.out - 1) * width.stride - width.pad < width.in;
}

/// The part of a window that lies inside the image, seen from one block of output columns.
struct Taps {
  const float* image;    ///< The input row under its first tap row.
  const float* weights;  ///< Of its first tap row, or null if there are none.
  std::int64_t rows;
};

inline Taps taps_of_row(const SlideAxis& height, const SlideAxis& width, std::int64_t y,
                        const float* image, const float* weights) {
  const std::int64_t start = y * height.stride - height.pad;
  const Range inside = taps_inside(height, start);
  if (weights) weights += inside.first * width.kernel * kWidth;
  return {image + (start + inside.first * height.dilation) * width.in * kWidth, weights,
          inside.last - inside.first};
}

/// Combines the totals of output columns first, first + 1, … with the pixels under their windows.
/// kKernel and kStride are those of `width`, the dilation is 1, and every window touches the image.
template <typename Step, int kKernel, int kStride, int kColumns>
inline void slide(Taps taps, std::int64_t tap_row_stride, const SlideAxis& width,
                  std::int64_t first, Vector (&totals)[kColumns]) {
  constexpr int kReach = (kColumns - 1) * kStride + kKernel;
  const std::int64_t start = first * kStride - width.pad;
  const std::int64_t left = -start;
  const std::int64_t right = width.in - start;
  taps.image += start * kWidth;
  for (; taps.rows > 0; --taps.rows) {
    Vector weight[kKernel] = {};
    if constexpr (Step::kWeighted) {
#pragma GCC unroll 16
      for (int tap = 0; tap < kKernel; ++tap) weight[tap] = load(taps.weights + tap * kWidth);
      taps.weights += kKernel * kWidth;
    }
#pragma GCC unroll 40
    for (int x = 0; x < kReach; ++x) {
      if (x < kKernel - 1 && x < left) continue;
      if (x > kReach - kKernel && x >= right) continue;
      const Vector pixel = in_register(load(taps.image + x * kWidth));
#pragma GCC unroll 16
      for (int tap = 0; tap < kKernel; ++tap) {
        const int lag = x - tap;
        if (lag < 0 || lag % kStride != 0 || lag / kStride >= kColumns) continue;
        Vector& total = totals[lag / kStride];
        total = Step::combine(total, pixel, weight[tap]);
      }
    }
    taps.image += tap_row_stride;
  }
#pragma GCC unroll 2
  for (int row = 0; row < kStride; ++row) {
#pragma GCC unroll 40
    for (int x = 0; x < kColumns * kStride; ++x) __builtin_prefetch(taps.image + x * kWidth);
    taps.image += tap_row_stride;
  }
}

/// The same with stride 1 for steps without weights: first down the columns, then along the row.
template <typename Step, int kKernel, int kColumns>
inline void slide_separably(Taps taps, std::int64_t tap_row_stride, const SlideAxis& width,
                            std::int64_t first, Vector (&totals)[kColumns]) {
  constexpr int kReach = kColumns - 1 + kKernel;
  const std::int64_t left = width.pad - first;
  const std::int64_t right = width.in + left;
  taps.image -= left * kWidth;
  Vector down[kReach];
#pragma GCC unroll 20
  for (Vector& total : down) total = totals[0];
  for (; taps.rows > 0; --taps.rows) {
#pragma GCC unroll 20
    for (int x = 0; x < kReach; ++x) {
      if (x < kKernel - 1 && x < left) continue;
      if (x > kReach - kKernel && x >= right) continue;
      down[x] = Step::combine(down[x], load(taps.image + x * kWidth), Vector{});
    }
    taps.image += tap_row_stride;
  }
#pragma GCC unroll 16
  for (int column = 0; column < kColumns; ++column) {
    totals[column] = down[column];
#pragma GCC unroll 16
    for (int tap = 1; tap < kKernel; ++tap) {
      totals[column] = Step::combine(totals[column], down[column + tap], Vector{});
    }
  }
}

/// The same for any window.
template <typename Step, int kColumns>
inline void slide_any(Taps taps, std::int64_t tap_row_stride, const SlideAxis& width,
                      std::int64_t first, Vector (&totals)[kColumns]) {
  for (; taps.rows > 0; --taps.rows) {
    std::int64_t start = first * width.stride - width.pad;
    for (std::int64_t tap = width.kernel; tap > 0; --tap) {
      Vector weight{};
      if constexpr (Step::kWeighted) {
        weight = load(taps.weights);
        taps.weights += kWidth;
      }
#pragma GCC unroll 16
      for (int column = 0; column < kColumns; ++column) {
        const std::int64_t x = start + column * width.stride;
        if (static_cast<std::uint64_t>(x) >= static_cast<std::uint64_t>(width.in)) {
          continue;
        }
        totals[column] = Step::combine(totals[column], load(taps.image + x * kWidth), weight);
      }
      start += width.dilation;
    }
    taps.image += tap_row_stride;
  }
}

/// Calls body(first, last) for blocks of at most kBlockColumns output columns, of even size.
template <typename Body>
inline void for_blocks(std::int64_t columns, Body body) {
  const std::int64_t blocks = (columns + kBlockColumns - 1) / kBlockColumns;
  const std::int64_t size = columns / blocks;
  const std::int64_t larger = columns - blocks * size;
  std::int64_t first = 0;
  for (std::int64_t block = 0; block < blocks; ++block) {
    const std::int64_t last = first + size + (block < larger ? 1 : 0);
    body(first, last);
    first = last;
  }
}

}  // namespace
}  // namespace headway
