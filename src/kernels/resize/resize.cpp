#include "kernels/resize/resize.h"

#include <algorithm>

#include "kernels/inner_loops.h"
#include "kernels/range.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

constexpr std::int64_t kLineFloats = 16;

std::int64_t scratch_floats(const ResizeShape& shape) {
  const std::int64_t size = shape.height.in * shape.width.out;
  return (size + kLineFloats - 1) / kLineFloats * kLineFloats;
}

void resample_row(const ResampledAxis& axis, const float* from, float* to) {
  const std::int32_t* at = axis.positions.data();
  const float* weights = axis.weights.data();
  if (axis.weights.empty()) {
    for (std::int64_t i = 0; i < axis.out; ++i) to[i] = from[at[i]];
    return;
  }
  for (std::int64_t i = 0; i < axis.out; ++i) to[i] = weights[i] * from[at[i]];
  for (int tap = 1; tap < axis.taps; ++tap) {
    at += axis.out;
    weights += axis.out;
    for (std::int64_t i = 0; i < axis.out; ++i) to[i] += weights[i] * from[at[i]];
  }
}

/// The first and one past the last input row that some output rows are made of.
Range rows_below(const ResampledAxis& height, Range out) {
  Range in{height.in, 0};
  for (int tap = 0; tap < height.taps; ++tap) {
    const std::int32_t* at = height.positions.data() + tap * height.out;
    for (std::int64_t y = out.first; y < out.last; ++y) {
      in.first = std::min<std::int64_t>(in.first, at[y]);
      in.last = std::max<std::int64_t>(in.last, at[y] + 1);
    }
  }
  return in;
}

/// `rows` are input rows, resampled already.
void combine_rows(const ResampledAxis& height, std::int64_t y, const float* rows, std::int64_t size,
                  float* to) {
  const auto row = [&](int tap) {
    return rows + height.positions[static_cast<std::size_t>(tap * height.out + y)] * size;
  };
  const auto weight = [&](int tap) {
    return height.weights[static_cast<std::size_t>(tap * height.out + y)];
  };
  if (height.weights.empty()) {
    std::copy_n(row(0), size, to);
    return;
  }
  const float first = weight(0);
  const float* from = row(0);
  for (std::int64_t x = 0; x < size; ++x) to[x] = first * from[x];
  for (int tap = 1; tap < height.taps; ++tap) {
    const float factor = weight(tap);
    from = row(tap);
    for (std::int64_t x = 0; x < size; ++x) to[x] += factor * from[x];
  }
}

/// True if every input element is there twice.
bool doubles(const ResampledAxis& axis) {
  if (axis.out != 2 * axis.in) return false;
  for (std::int64_t i = 0; i < axis.out; ++i) {
    if (axis.positions[static_cast<std::size_t>(i)] != i / 2) return false;
  }
  return true;
}

template <typename Element>
void choose_row(const ResampledAxis& axis, bool is_double, const Element* from, Element* to) {
  const std::int32_t* at = axis.positions.data();
  if (is_double) {
    for (std::int64_t i = 0; i < axis.in; ++i) to[2 * i] = to[2 * i + 1] = from[i];
  } else {
    for (std::int64_t i = 0; i < axis.out; ++i) to[i] = from[at[i]];
  }
}

template <typename Element>
void choose_elements(const KernelContext& context, const ResizeShape& shape, const Element* input,
                     Element* output) {
  const ResampledAxis &height = shape.height, &width = shape.width;
  const bool is_double = doubles(width);
  for_tasks(context, shape.planes * height.out, width.out,
            [&](std::int64_t row, std::int64_t last, int) {
              std::int64_t before = -1;
              for (; row < last; ++row) {
                const std::int64_t y = row % height.out;
                const std::int64_t source =
                    row / height.out * height.in + height.positions[static_cast<std::size_t>(y)];
                Element* to = output + row * width.out;
                if (source == before) {
                  std::copy_n(to - width.out, width.out, to);
                } else {
                  choose_row(width, is_double, input + source * width.in, to);
                }
                before = source;
              }
            });
}

void double_plane(const KernelContext& context, const ResizeShape& shape, const float* input,
                  float* output) {
  const std::int64_t width = shape.width.in;
  for_tasks(context, shape.planes * shape.height.in, 4 * width,
            [&](std::int64_t row, std::int64_t last, int) {
              for (; row < last; ++row) {
                float* to = output + 4 * row * width;
                context.loops.double_elements(width, input + row * width, to, to + 2 * width);
              }
            });
}

}  // namespace

void resize_nearest(const KernelContext& context, const ResizeShape& shape,
                    std::size_t element_size, const void* input, void* output) noexcept {
  const auto choose = [&]<typename Element>(const Element* from) {
    choose_elements(context, shape, from, static_cast<Element*>(output));
  };
  if (element_size == sizeof(float) && doubles(shape.height) && doubles(shape.width)) {
    return double_plane(context, shape, static_cast<const float*>(input),
                        static_cast<float*>(output));
  }
  if (element_size == 1) return choose(static_cast<const std::uint8_t*>(input));
  if (element_size == 2) return choose(static_cast<const std::uint16_t*>(input));
  if (element_size == 4) return choose(static_cast<const std::uint32_t*>(input));
  choose(static_cast<const std::uint64_t*>(input));
}

std::size_t resize_scratch_bytes(const ResizeShape& shape, int threads) noexcept {
  return static_cast<std::size_t>(threads * scratch_floats(shape)) * sizeof(float);
}

void resize(const KernelContext& context, const ResizeShape& shape, const float* input,
            float* output, void* scratch) noexcept {
  const ResampledAxis &height = shape.height, &width = shape.width;
  const std::int64_t threads = context.pool.threads();
  const std::int64_t parts = shape.planes >= 4 * threads
                                 ? 1
                                 : std::min(4 * threads, std::max<std::int64_t>(height.out, 1));
  const auto work = [&](std::int64_t first, std::int64_t last, int thread) {
    float* rows = static_cast<float*>(scratch) + thread * scratch_floats(shape);
    for (std::int64_t task = first; task < last; ++task) {
      const float* from = input + task / parts * height.in * width.in;
      float* to = output + task / parts * height.out * width.out;
      const Range out = part_of(height.out, task % parts, parts);
      const Range in = rows_below(height, out);
      for (std::int64_t y = in.first; y < in.last; ++y) {
        resample_row(width, from + y * width.in, rows + y * width.out);
      }
      for (std::int64_t y = out.first; y < out.last; ++y) {
        combine_rows(height, y, rows, width.out, to + y * width.out);
      }
    }
  };
  const std::int64_t per_plane =
      height.in * width.out * width.taps + height.out * width.out * height.taps;
  for_tasks(context, shape.planes * parts, per_plane / parts + 1, work);
}

}  // namespace headway
