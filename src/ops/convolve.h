#pragma once

#include "ops/conv_geometry.h"
#include "ops/elements.h"
#include "ops/multiply.h"

namespace headway {

/// Fills `columns` [channels · kernel_points, rows · width] with the input values that each output
/// point sees, for `rows` rows of output points (a row runs along the innermost spatial axis) from
/// `first_row` on. `x` starts at the first of `channels` channels; padding reads as zero.
template <typename T>
void gather_columns(const ConvGeometry& geometry, std::int64_t channels, const T* x,
                    std::int64_t first_row, std::int64_t rows, double* columns) {
  const std::vector<WindowAxis>& axes = geometry.axes;
  const WindowAxis& inner = axes.back();
  const std::int64_t taps = geometry.kernel_points();
  for (std::int64_t tap_of_channel = 0; tap_of_channel < channels * taps; ++tap_of_channel) {
    const T* channel = x + tap_of_channel / taps * geometry.input_points();
    const std::int64_t inner_tap = tap_of_channel % inner.kernel;
    for (std::int64_t row = first_row; row < first_row + rows; ++row) {
      std::int64_t tap = tap_of_channel % taps / inner.kernel, point = row;
      std::int64_t offset = 0, stride = inner.input;
      bool inside = true;
      for (std::size_t axis = axes.size() - 1; axis-- > 0;) {
        const WindowAxis& a = axes[axis];
        const std::int64_t position =
            point % a.output * a.stride - a.pad_begin + tap % a.kernel * a.dilation;
        inside = inside && position >= 0 && position < a.input;
        offset += position * stride;
        stride *= a.input;
        point /= a.output;
        tap /= a.kernel;
      }
      std::int64_t position = inner_tap * inner.dilation - inner.pad_begin;
      for (std::int64_t i = 0; i < inner.output; ++i, position += inner.stride) {
        const bool hit = inside && position >= 0 && position < inner.input;
        *columns++ = hit ? static_cast<double>(load(channel[offset + position])) : 0.0;
      }
    }
  }
}

/// y = finish(convolution of x and w), where `finish(sum, channel, index)` turns each sum into the
/// value to be rounded to T; `index` is that of the element in y.
template <typename T, typename Finish>
void convolve(const ConvGeometry& geometry, const T* x, const T* w, T* y, Finish&& finish) {
  constexpr std::int64_t kPointsAtOnce = 256;
  const std::int64_t group_in = geometry.group_in(), group_out = geometry.group_out();
  const std::int64_t taps = group_in * geometry.kernel_points();
  const std::int64_t points = geometry.output_points(), width = geometry.axes.back().output;
  if (points == 0 || geometry.out_channels == 0) return;
  const std::int64_t rows = points / width;
  const std::int64_t rows_at_once = std::clamp<std::int64_t>(kPointsAtOnce / width, 1, rows);

  std::vector<double> weights(static_cast<std::size_t>(geometry.out_channels * taps));
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = load(w[i]);
  std::vector<double> columns(static_cast<std::size_t>(taps * rows_at_once * width));
  std::vector<double> sums;
  for (std::int64_t image = 0; image < geometry.batch * geometry.groups; ++image) {
    const std::int64_t group = image % geometry.groups;
    const T* image_x = x + image * group_in * geometry.input_points();
    for (std::int64_t row = 0; row < rows; row += rows_at_once) {
      const std::int64_t height = std::min(rows_at_once, rows - row), n = height * width;
      gather_columns(geometry, group_in, image_x, row, height, columns.data());
      sums.assign(static_cast<std::size_t>(group_out * n), 0.0);
      multiply_add<double>(group_out, n, taps, weights.data() + group * group_out * taps, taps,
                           columns.data(), n, sums.data(), n);
      for (std::int64_t channel = 0; channel < group_out; ++channel) {
        const std::int64_t first = (image * group_out + channel) * points + row * width;
        for (std::int64_t i = 0; i < n; ++i) {
          y[first + i] = store<T>(finish(sums[static_cast<std::size_t>(channel * n + i)],
                                         group * group_out + channel, first + i));
        }
      }
    }
  }
}

}  // namespace headway
