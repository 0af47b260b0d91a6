#include "kernels/padded_plane.h"

#include <algorithm>

namespace headway {
namespace {

std::int64_t round_up(std::int64_t n, std::int64_t step) {
  return (n + step - 1) / step * step;
}

}  // namespace

PaddedPlane::PaddedPlane(const SlideAxis& height, const SlideAxis& width, int vector) noexcept
    : height_(height), width_(width) {
  phase_width_ = (width.kernel - 1) * width.dilation / width.stride + round_up(width.out, vector);
  row_stride_ = phase_width_ * std::min(width.stride, (width.kernel - 1) * width.dilation + 1);
  rows_ = (height.out - 1) * height.stride + (height.kernel - 1) * height.dilation + 1;
}

std::size_t PaddedPlane::scratch_bytes() const noexcept {
  const auto pointers = static_cast<std::size_t>(taps()) * sizeof(const float*);
  const auto elements = static_cast<std::size_t>(rows_ * row_stride_) * sizeof(float);
  return (pointers + 63) / 64 * 64 + (elements + 63) / 64 * 64;
}

float* PaddedPlane::plane(void* scratch) const noexcept {
  const auto pointers = static_cast<std::size_t>(taps()) * sizeof(const float*);
  return static_cast<float*>(scratch) + (pointers + 63) / 64 * 64 / sizeof(float);
}

void PaddedPlane::fill_row(const float* row, float fill, float* to) const noexcept {
  const std::int64_t stride = width_.stride;
  for (std::int64_t phase = 0; phase * phase_width_ < row_stride_; ++phase, to += phase_width_) {
    const std::int64_t origin = phase - width_.pad;  // the input column of the phase's element 0
    const auto elements_below = [&](std::int64_t limit) {
      const std::int64_t count = limit <= origin ? 0 : (limit - origin + stride - 1) / stride;
      return std::min(count, phase_width_);
    };
    const std::int64_t begin = elements_below(0);
    const std::int64_t end = elements_below(width_.in);
    std::fill(to, to + begin, fill);
    if (stride == 1) {
      std::copy(row + origin + begin, row + origin + end, to + begin);
    } else {
      for (std::int64_t i = begin; i < end; ++i) to[i] = row[origin + i * stride];
    }
    std::fill(to + end, to + phase_width_, fill);
  }
}

void PaddedPlane::fill(const float* image, float fill, void* scratch) const noexcept {
  float* to = plane(scratch);
  for (std::int64_t y = 0; y < rows_; ++y, to += row_stride_) {
    const std::int64_t in_y = y - height_.pad;
    if (in_y < 0 || in_y >= height_.in) {
      std::fill(to, to + row_stride_, fill);
    } else {
      fill_row(image + in_y * width_.in, fill, to);
    }
  }
}

const float* const* PaddedPlane::rows(std::int64_t out_y, void* scratch) const noexcept {
  const auto pointers = static_cast<const float**>(scratch);
  const float* first = plane(scratch) + out_y * height_.stride * row_stride_;
  int tap = 0;
  for (std::int64_t ky = 0; ky < height_.kernel; ++ky) {
    const float* row = first + ky * height_.dilation * row_stride_;
    for (std::int64_t kx = 0; kx < width_.kernel; ++kx) {
      const std::int64_t shift = kx * width_.dilation;
      pointers[tap++] = row + shift % width_.stride * phase_width_ + shift / width_.stride;
    }
  }
  return pointers;
}

}  // namespace headway
