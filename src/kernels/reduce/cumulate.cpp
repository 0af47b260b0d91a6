#include "kernels/reduce/cumulate.h"

#include <algorithm>
#include <type_traits>

#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

/// Lines side by side that are one strip.
constexpr std::int64_t kStrip = kCumulatedColumns;

template <typename T>
using Total = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;

struct Add {
  template <typename Sum>
  static Sum of(Sum a, Sum b) {
    return a + b;
  }
};
struct Multiply {
  template <typename Sum>
  static Sum of(Sum a, Sum b) {
    return a * b;
  }
};

/// From the first element on, or from the last with a negative step.
template <typename Join, typename T>
void run_line(std::int64_t extent, std::int64_t step, bool exclusive, Total<T> total, const T* x,
              T* y) {
  for (std::int64_t i = 0; i < extent; ++i) {
    const Total<T> next = Join::of(total, static_cast<Total<T>>(x[i * step]));
    y[i * step] = static_cast<T>(exclusive ? total : next);
    total = next;
  }
}

template <typename Join, typename T>
void run_strip([[maybe_unused]] const InnerLoops& loops, std::int64_t columns, std::int64_t extent,
               std::int64_t step, bool exclusive, [[maybe_unused]] Total<T> start, const T* x,
               T* y) {
  if constexpr (std::is_same_v<T, float>) {
    constexpr bool kProduct = std::is_same_v<Join, Multiply>;
    return loops.cumulate_columns(kProduct, exclusive, columns, extent, step, x, y);
  }
  Total<T> totals[kStrip];
  std::fill(totals, totals + columns, start);
  for (std::int64_t row = 0; row < extent; ++row, x += step, y += step) {
    for (std::int64_t i = 0; i < columns; ++i) {
      const Total<T> next = Join::of(totals[i], static_cast<Total<T>>(x[i]));
      y[i] = static_cast<T>(exclusive ? totals[i] : next);
      totals[i] = next;
    }
  }
}

template <typename Join, typename T>
void run(const KernelContext& context, const LineExtents& lines, const Cumulation& cumulation,
         const T* input, T* output) {
  const std::int64_t extent = lines.extent, inner = lines.inner;
  const std::int64_t begin = cumulation.reverse ? (extent - 1) * inner : 0;
  const std::int64_t step = cumulation.reverse ? -inner : inner;
  const auto start = static_cast<Total<T>>(cumulation.product ? 1 : 0);
  const std::int64_t strips = (inner + kStrip - 1) / kStrip;
  const auto body = [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t task = first; task < last; ++task) {
      const std::int64_t column = task % strips * kStrip;
      const std::int64_t at = task / strips * extent * inner + column + begin;
      if (inner == 1) {
        run_line<Join>(extent, step, cumulation.exclusive, start, input + at, output + at);
      } else {
        run_strip<Join>(context.loops, std::min(kStrip, inner - column), extent, step,
                        cumulation.exclusive, start, input + at, output + at);
      }
    }
  };
  for_tasks(context, lines.outer * strips, extent * std::min(inner, kStrip), body);
}

}  // namespace

template <typename T>
void cumulate(const KernelContext& context, const LineExtents& lines, const Cumulation& cumulation,
              const T* input, T* output) noexcept {
  if (cumulation.product) return run<Multiply>(context, lines, cumulation, input, output);
  run<Add>(context, lines, cumulation, input, output);
}

#define HEADWAY_CUMULATE(T)                                                                     \
  template void cumulate(const KernelContext&, const LineExtents&, const Cumulation&, const T*, \
                         T*) noexcept;
HEADWAY_CUMULATE(float)
HEADWAY_CUMULATE(double)
HEADWAY_CUMULATE(std::int8_t)
HEADWAY_CUMULATE(std::uint8_t)
HEADWAY_CUMULATE(std::int16_t)
HEADWAY_CUMULATE(std::uint16_t)
HEADWAY_CUMULATE(std::int32_t)
HEADWAY_CUMULATE(std::uint32_t)
HEADWAY_CUMULATE(std::int64_t)
HEADWAY_CUMULATE(std::uint64_t)
#undef HEADWAY_CUMULATE

}  // namespace headway
