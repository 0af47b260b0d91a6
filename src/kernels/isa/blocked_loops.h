#pragma once

#include "kernels/isa/transpose_loops.h"

namespace headway {
namespace {

void block_pixels(int channels, std::int64_t pixels, const float* input, std::int64_t stride,
                  float* output) noexcept {
  std::int64_t pixel = 0;
  Vector block[kWidth];
  for (; channels == kWidth && pixel + kWidth <= pixels; pixel += kWidth) {
#pragma GCC unroll 16
    for (int c = 0; c < kWidth; ++c) block[c] = load(input + c * stride + pixel);
    transpose_square(block);
#pragma GCC unroll 16
    for (int i = 0; i < kWidth; ++i) store(output + (pixel + i) * kWidth, block[i]);
  }
  for (; pixel < pixels; pixel += kWidth) {
    const int there = at_most_width(pixels - pixel);
    load_transposed(input + pixel, stride, channels, there, block);
    for (int i = 0; i < there; ++i) store(output + (pixel + i) * kWidth, block[i]);
  }
}

void unblock_pixels(int channels, std::int64_t pixels, const float* input, float* output,
                    std::int64_t stride) noexcept {
  std::int64_t pixel = 0;
  Vector block[kWidth];
  for (; channels == kWidth && pixel + kWidth <= pixels; pixel += kWidth) {
#pragma GCC unroll 16
    for (int i = 0; i < kWidth; ++i) block[i] = load(input + (pixel + i) * kWidth);
    transpose_square(block);
#pragma GCC unroll 16
    for (int c = 0; c < kWidth; ++c) store(output + c * stride + pixel, block[c]);
  }
  for (; pixel < pixels; pixel += kWidth) {
    const int there = at_most_width(pixels - pixel);
    load_transposed(input + pixel * kWidth, kWidth, there, kWidth, block);
    for (int c = 0; c < channels; ++c) store_partial(output + c * stride + pixel, block[c], there);
  }
}

}  // namespace
}  // namespace headway
