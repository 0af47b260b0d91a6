#include "kernels/pool/window_pool.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

/// Calls body(tap, offset, first, last) for every tap of a row of output points: output x in
/// [first, last) sees input element offset + x · stride of its plane.
template <typename Body>
void for_taps(const WindowShape& shape, std::int64_t row, const Body& body) {
  const SlideAxis& inner = shape.axes.back();
  std::int64_t taps = 1;
  for (std::size_t axis = 0; axis + 1 < shape.axes.size(); ++axis) taps *= shape.axes[axis].kernel;
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    std::int64_t position = row, rest = tap, offset = 0, stride = inner.in;
    bool inside = true;
    for (std::size_t i = shape.axes.size() - 1; i-- > 0;) {
      const SlideAxis& axis = shape.axes[i];
      const std::int64_t at =
          position % axis.out * axis.stride - axis.pad + rest % axis.kernel * axis.dilation;
      inside = inside && at >= 0 && at < axis.in;
      offset += at * stride;
      stride *= axis.in;
      position /= axis.out;
      rest /= axis.kernel;
    }
    for (std::int64_t k = 0; inside && k < inner.kernel; ++k) {
      const std::int64_t shift = k * inner.dilation - inner.pad;
      const auto steps_to = [&](std::int64_t x) {
        const std::int64_t distance = std::max<std::int64_t>(x - shift, 0);
        return std::min((distance + inner.stride - 1) / inner.stride, inner.out);
      };
      body(tap * inner.kernel + k, offset + shift, steps_to(0), steps_to(inner.in));
    }
  }
}

/// body(plane, row of it) for all rows of output points.
template <typename Body>
void for_rows(const KernelContext& context, const WindowShape& shape, const Body& body) {
  const std::int64_t rows = shape.out_points() / shape.axes.back().out;
  std::int64_t taps = 1;
  for (const SlideAxis& axis : shape.axes) taps *= axis.kernel;
  for_tasks(context, shape.planes * rows, shape.axes.back().out * taps,
            [&](std::int64_t task, std::int64_t last, int) {
              for (; task < last; ++task) body(task / rows, task % rows);
            });
}

template <typename T>
constexpr T kLowest = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                           : std::numeric_limits<T>::lowest();

template <typename T>
void max_row(const WindowShape& shape, std::int64_t row, const T* plane, T* output) {
  const SlideAxis& inner = shape.axes.back();
  std::fill_n(output, inner.out, kLowest<T>);
  for_taps(shape, row,
           [&](std::int64_t, std::int64_t offset, std::int64_t first, std::int64_t last) {
             const T* from = plane + offset;
             const std::int64_t stride = inner.stride;
             const auto take = [&](std::int64_t x, T value) {
               output[x] = value > output[x] || value != value ? value : output[x];
             };
             if (stride == 1) {
               for (std::int64_t x = first; x < last; ++x) take(x, from[x]);
             } else {
               for (std::int64_t x = first; x < last; ++x) take(x, from[x * stride]);
             }
           });
}

template <typename T>
void max_row_with_indices(const WindowShape& shape, std::int64_t row, const T* plane, T* output,
                          std::int64_t* indices) {
  const SlideAxis& inner = shape.axes.back();
  std::fill_n(output, inner.out, kLowest<T>);
  std::fill_n(indices, inner.out, -1);
  for_taps(shape, row,
           [&](std::int64_t, std::int64_t offset, std::int64_t first, std::int64_t last) {
             for (std::int64_t x = first; x < last; ++x) {
               const std::int64_t at = offset + x * inner.stride;
               const T value = plane[at];
               const bool better = (value > output[x]) | (value != value) | (indices[x] < 0);
               output[x] = better ? value : output[x];
               indices[x] = better ? at : indices[x];
             }
           });
}

std::int64_t column_major(const WindowShape& shape, std::int64_t offset) {
  std::int64_t result = 0, stride = shape.in_points();
  for (std::size_t axis = shape.axes.size(); axis-- > 0;) {
    stride /= shape.axes[axis].in;
    result += offset % shape.axes[axis].in * stride;
    offset /= shape.axes[axis].in;
  }
  return result;
}

template <typename T>
void max_of(const KernelContext& context, const WindowShape& shape, const void* input, void* output,
            std::int64_t* indices, bool by_column) {
  const std::int64_t width = shape.axes.back().out, points = shape.out_points();
  for_rows(context, shape, [&](std::int64_t plane, std::int64_t row) {
    const T* from = static_cast<const T*>(input) + plane * shape.in_points();
    const std::int64_t first = plane * points + row * width;
    T* to = static_cast<T*>(output) + first;
    if (indices == nullptr) return max_row(shape, row, from, to);
    std::int64_t* found = indices + first;
    max_row_with_indices(shape, row, from, to, found);
    for (std::int64_t x = 0; x < width; ++x) {
      const std::int64_t at = std::max<std::int64_t>(found[x], 0);
      found[x] = plane * shape.in_points() + (by_column ? column_major(shape, at) : at);
    }
  });
}

}  // namespace

std::int64_t WindowShape::in_points() const noexcept {
  std::int64_t points = 1;
  for (const SlideAxis& axis : axes) points *= axis.in;
  return points;
}

std::int64_t WindowShape::out_points() const noexcept {
  std::int64_t points = 1;
  for (const SlideAxis& axis : axes) points *= axis.out;
  return points;
}

void max_windows(const KernelContext& context, DType dtype, const WindowShape& shape,
                 const void* input, void* output, std::int64_t* indices, bool by_column) noexcept {
  switch (dtype) {
    case DType::kInt8:
      return max_of<std::int8_t>(context, shape, input, output, indices, by_column);
    case DType::kUInt8:
      return max_of<std::uint8_t>(context, shape, input, output, indices, by_column);
    case DType::kFloat64:
      return max_of<double>(context, shape, input, output, indices, by_column);
    default:
      return max_of<float>(context, shape, input, output, indices, by_column);
  }
}

void norm_windows(const KernelContext& context, bool squares, const WindowShape& shape,
                  const float* input, float* output) noexcept {
  const SlideAxis& inner = shape.axes.back();
  for_rows(context, shape, [&](std::int64_t plane, std::int64_t row) {
    const float* from = input + plane * shape.in_points();
    float* to = output + plane * shape.out_points() + row * inner.out;
    std::fill_n(to, inner.out, 0.0F);
    for_taps(shape, row,
             [&](std::int64_t, std::int64_t offset, std::int64_t first, std::int64_t last) {
               const float* tap = from + offset;
               for (std::int64_t x = first; x < last; ++x) {
                 const float value = tap[x * inner.stride];
                 to[x] += squares ? value * value : std::fabs(value);
               }
             });
    if (squares) context.loops.unary({UnaryOp::kSqrt, 0, 0}, inner.out, to, to);
  });
}

void add_windows(const KernelContext& context, const WindowShape& shape, const float* columns,
                 float* output) noexcept {
  const SlideAxis& inner = shape.axes.back();
  const std::int64_t in = shape.in_points(), points = shape.out_points();
  std::int64_t taps = 1;
  for (const SlideAxis& axis : shape.axes) taps *= axis.kernel;
  for_tasks(context, shape.planes, points * taps, [&](std::int64_t plane, std::int64_t end, int) {
    for (; plane < end; ++plane) {
      float* to = output + plane * in;
      std::fill_n(to, in, 0.0F);
      for (std::int64_t row = 0; row < points / inner.out; ++row) {
        const float* from = columns + plane * taps * points + row * inner.out;
        for_taps(shape, row,
                 [&](std::int64_t tap, std::int64_t offset, std::int64_t first, std::int64_t last) {
                   const float* of_tap = from + tap * points;
                   if (inner.stride == 1) {
                     for (std::int64_t x = first; x < last; ++x) to[offset + x] += of_tap[x];
                   } else {
                     for (std::int64_t x = first; x < last; ++x)
                       to[offset + x * inner.stride] += of_tap[x];
                   }
                 });
      }
    }
  });
}

}  // namespace headway
