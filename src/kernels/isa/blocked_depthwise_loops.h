#pragma once

#include <utility>

#include "kernels/depthwise/band.h"
#include "kernels/isa/rows.h"
#include "kernels/isa/sliding_loops.h"

namespace headway {
namespace {

struct MultiplyAdd {
  static constexpr bool kWeighted = true;
  static Vector combine(Vector total, Vector pixel, Vector weight) {
    return total + pixel * weight;
  }
};

/// What all blocks of a band have in common.
struct DepthwiseBlocks {
  const DepthwiseBand& band;
  std::int64_t tap_row_stride;
  bool clamps;
  Clamp clamp;
};

/// `offset`: where the output row begins.
using DepthwiseBlock = void (*)(const DepthwiseBlocks& blocks, const float* image,
                                const float* weights, std::int64_t tap_rows, std::int64_t first,
                                std::int64_t offset) noexcept;

/// kKernel 0 stands for any window.
template <int kKernel, int kStride, int kColumns>
void depthwise_block(const DepthwiseBlocks& blocks, const float* image, const float* weights,
                     std::int64_t tap_rows, std::int64_t first, std::int64_t offset) noexcept {
  const Taps taps = {image, weights, tap_rows};
  const DepthwiseBand& band = blocks.band;
  Vector sums[kColumns];
  const Vector bias = band.bias ? load(band.bias) : Vector{};
#pragma GCC unroll 16
  for (Vector& sum : sums) sum = bias;
  if constexpr (kKernel == 0) {
    slide_any<MultiplyAdd>(taps, blocks.tap_row_stride, band.width, first, sums);
  } else {
    slide<MultiplyAdd, kKernel, kStride>(taps, blocks.tap_row_stride, band.width, first, sums);
  }
  offset += first * kWidth;
  if (band.residual) {
    const float* residual = band.residual + offset;
#pragma GCC unroll 16
    for (int i = 0; i < kColumns; ++i) sums[i] += load(residual + i * kWidth);
  }
  if (blocks.clamps) {
#pragma GCC unroll 16
    for (Vector& sum : sums) sum = clip(sum, blocks.clamp.low, blocks.clamp.high);
  }
  float* output = band.output + offset;
#pragma GCC unroll 16
  for (int i = 0; i < kColumns; ++i) store(output + i * kWidth, sums[i]);
}

template <int kKernel, int kStride, int... kColumnsLessOne>
void depthwise_rows(const DepthwiseBand& band, std::integer_sequence<int, kColumnsLessOne...>) {
  constexpr DepthwiseBlock kBlocks[] = {depthwise_block<kKernel, kStride, kColumnsLessOne + 1>...};
  const SlideAxis& width = band.width;
  const DepthwiseBlocks blocks = {band, band.height.dilation * width.in * kWidth,
                                  is_clamp(band.activation.op), clamp_of(band.activation)};
  for (std::int64_t y = band.first_row; y < band.last_row; ++y) {
    const Taps taps = taps_of_row(band.height, width, y, band.input, band.weights);
    const std::int64_t offset = y * width.out * kWidth;
    for_blocks(width.out, [&](std::int64_t first, std::int64_t last) {
      kBlocks[last - first - 1](blocks, taps.image, taps.weights, taps.rows, first, offset);
    });
    if (!blocks.clamps) {
      unary_loop(band.activation, width.out * kWidth, band.output + offset, band.output + offset);
    }
  }
}

void depthwise_band(const DepthwiseBand& band) noexcept {
  constexpr std::make_integer_sequence<int, kBlockColumns> kSizes;
  const SlideAxis& width = band.width;
  const bool fixed = width.dilation == 1 && width.stride <= 2 && windows_touch_image(width);
  switch (fixed ? width.kernel * 10 + width.stride : 0) {
    case 31:
      return depthwise_rows<3, 1>(band, kSizes);
    case 32:
      return depthwise_rows<3, 2>(band, kSizes);
    case 51:
      return depthwise_rows<5, 1>(band, kSizes);
    case 52:
      return depthwise_rows<5, 2>(band, kSizes);
    case 71:
      return depthwise_rows<7, 1>(band, kSizes);
    default:
      return depthwise_rows<0, 0>(band, kSizes);
  }
}

}  // namespace
}  // namespace headway
