#pragma once

#include <utility>

#include "kernels/isa/sliding_loops.h"
#include "kernels/pool/band.h"

namespace headway {
namespace {

struct TakeMaximum {
  static constexpr bool kWeighted = false;
  static constexpr bool kAverages = false;
  static constexpr float kStart = -__builtin_inff();
  static Vector combine(Vector total, Vector pixel, Vector) { return max(total, pixel); }
};

struct TakeSum {
  static constexpr bool kWeighted = false;
  static constexpr bool kAverages = true;
  static constexpr float kStart = 0;
  static Vector combine(Vector total, Vector pixel, Vector) { return total + pixel; }
};

inline std::int64_t taps_counted(const SlideAxis& axis, std::int64_t out) {
  const Range taps = taps_inside(axis, out * axis.stride - axis.pad);
  return taps.last - taps.first;
}

/// What sums of output row y are multiplied by where windows count all their columns.
inline float row_factor(const PoolBand& band, std::int64_t y) {
  const std::int64_t taps = taps_counted(band.counted_height, y) * band.width.kernel;
  return taps > 1 ? 1 / static_cast<float>(taps) : 1.0F;
}

/// Corrects the average at output column x if its window counts fewer columns; false if it counts
/// all of them.
inline bool correct_average(const PoolBand& band, std::int64_t x, float* row) {
  const std::int64_t taps = taps_counted(band.counted_width, x);
  if (taps == band.width.kernel) return false;
  const auto share = static_cast<float>(taps) / static_cast<float>(band.width.kernel);
  if (taps > 0) store(row + x * kWidth, load(row + x * kWidth) / splat(share));
  return true;
}

/// `output`: the output row. `factor`: of sums.
using PoolBlock = void (*)(const PoolBand& band, const float* image, std::int64_t tap_rows,
                           std::int64_t first, float* output, float factor) noexcept;

/// kKernel 0 stands for any window.
template <typename Step, int kKernel, int kStride, int kColumns>
void pool_block(const PoolBand& band, const float* image, std::int64_t tap_rows, std::int64_t first,
                float* output, float factor) noexcept {
  const Taps taps = {image, nullptr, tap_rows};
  const std::int64_t tap_row_stride = band.height.dilation * band.width.in * kWidth;
  Vector totals[kColumns];
#pragma GCC unroll 16
  for (Vector& total : totals) total = splat(Step::kStart);
  if constexpr (kKernel == 0) {
    slide_any<Step>(taps, tap_row_stride, band.width, first, totals);
  } else if constexpr (kStride == 1) {
    slide_separably<Step, kKernel>(taps, tap_row_stride, band.width, first, totals);
  } else {
    slide<Step, kKernel, kStride>(taps, tap_row_stride, band.width, first, totals);
  }
  if constexpr (Step::kAverages) {
#pragma GCC unroll 16
    for (Vector& total : totals) total *= splat(factor);
  }
#pragma GCC unroll 16
  for (int i = 0; i < kColumns; ++i) store(output + (first + i) * kWidth, totals[i]);
}

template <typename Step, int kKernel, int kStride, int... kColumnsLessOne>
void pool_rows(const PoolBand& band, std::integer_sequence<int, kColumnsLessOne...>) {
  constexpr PoolBlock kBlocks[] = {pool_block<Step, kKernel, kStride, kColumnsLessOne + 1>...};
  for (std::int64_t y = band.first_row; y < band.last_row; ++y) {
    const Taps taps = taps_of_row(band.height, band.width, y, band.input, nullptr);
    const float factor = row_factor(band, y);
    float* output = band.output + y * band.width.out * kWidth;
    for_blocks(band.width.out, [&](std::int64_t first, std::int64_t last) {
      kBlocks[last - first - 1](band, taps.image, taps.rows, first, output, factor);
    });
    if constexpr (Step::kAverages) {
      std::int64_t left = 0;
      while (left < band.width.out && correct_average(band, left, output)) ++left;
      for (std::int64_t x = band.width.out - 1; x > left; --x) {
        if (!correct_average(band, x, output)) break;
      }
    }
  }
}

template <typename Step>
void pool_windows(const PoolBand& band) {
  constexpr std::make_integer_sequence<int, kBlockColumns> kSizes;
  const SlideAxis& width = band.width;
  const bool fixed = width.dilation == 1 && width.stride <= 2 && windows_touch_image(width);
  switch (fixed ? width.kernel * 10 + width.stride : 0) {
    case 22:
      return pool_rows<Step, 2, 2>(band, kSizes);
    case 31:
      return pool_rows<Step, 3, 1>(band, kSizes);
    case 32:
      return pool_rows<Step, 3, 2>(band, kSizes);
    case 51:
      return pool_rows<Step, 5, 1>(band, kSizes);
    default:
      return pool_rows<Step, 0, 0>(band, kSizes);
  }
}

void pool_band(const PoolBand& band) noexcept {
  band.maximum ? pool_windows<TakeMaximum>(band) : pool_windows<TakeSum>(band);
}

}  // namespace
}  // namespace headway
