#include <algorithm>

#include "kernels/inner_loops.h"
#include "kernels/reduce/order.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

/// Lines side by side that are one strip.
constexpr std::int64_t kStrip = 512;
/// A single line is cut into so many, which end in one.
constexpr std::int64_t kLanes = 32;

template <typename T>
void run_strip(TakeBetterLoop take_better, std::int64_t columns, std::int64_t extent,
               std::int64_t stride, const T* input, std::int64_t* output) {
  T best[kStrip];
  std::int32_t indices[kStrip] = {};
  std::copy(input, input + columns, best);
  for (std::int64_t row = 1; row < extent; ++row)
    take_better(columns, input + row * stride, static_cast<std::int32_t>(row), best, indices);
  std::copy(indices, indices + columns, output);
}

/// All lanes start from the first element, so that no NaN but that one can win.
template <typename T>
std::int64_t run_line(TakeBetterLoop take_better, bool largest, bool last, std::int64_t extent,
                      const T* input) {
  T best[kLanes];
  std::int32_t rows[kLanes];
  std::fill(best, best + kLanes, input[0]);
  std::fill(rows, rows + kLanes, -1);
  const std::int64_t whole = extent / kLanes;
  for (std::int64_t row = 0; row < whole; ++row)
    take_better(kLanes, input + row * kLanes, static_cast<std::int32_t>(row), best, rows);
  std::int64_t winner = 0;
  const auto consider = [&](std::int64_t index) {
    const T x = input[index], champion = input[winner];
    const bool tie = x == champion && (last ? index > winner : index < winner);
    if (tie || (largest ? x > champion : x < champion)) winner = index;
  };
  for (std::int64_t lane = 0; lane < kLanes; ++lane) {
    if (rows[lane] >= 0) consider(rows[lane] * kLanes + lane);
  }
  for (std::int64_t index = whole * kLanes; index < extent; ++index) consider(index);
  return winner;
}

}  // namespace

template <typename T>
void arg_extreme(const KernelContext& context, const LineExtents& lines, bool largest, bool last,
                 const T* input, std::int64_t* output) noexcept {
  const auto [outer, extent, inner] = lines;
  const TakeBetterLoop take_better = context.loops.take_better(kDTypeOf<T>, largest, last);
  if (inner == 1) {
    const auto run = [&, size = extent](std::int64_t first, std::int64_t end, int) {
      for (std::int64_t line = first; line < end; ++line)
        output[line] = run_line(take_better, largest, last, size, input + line * size);
    };
    return for_tasks(context, outer, extent, run);
  }
  const std::int64_t strips = (inner + kStrip - 1) / kStrip;
  const auto run = [&](std::int64_t first, std::int64_t end, int) {
    for (std::int64_t task = first; task < end; ++task) {
      const std::int64_t block = task / strips, column = task % strips * kStrip;
      run_strip(take_better, std::min(kStrip, lines.inner - column), lines.extent, lines.inner,
                input + block * lines.extent * lines.inner + column,
                output + block * lines.inner + column);
    }
  };
  for_tasks(context, outer * strips, std::min(inner, kStrip) * extent, run);
}

#define HEADWAY_ARG_EXTREME(T)                                                              \
  template void arg_extreme(const KernelContext&, const LineExtents&, bool, bool, const T*, \
                            std::int64_t*) noexcept;
HEADWAY_ARG_EXTREME(float)
HEADWAY_ARG_EXTREME(double)
HEADWAY_ARG_EXTREME(std::int8_t)
HEADWAY_ARG_EXTREME(std::uint8_t)
HEADWAY_ARG_EXTREME(std::int16_t)
HEADWAY_ARG_EXTREME(std::uint16_t)
HEADWAY_ARG_EXTREME(std::int32_t)
HEADWAY_ARG_EXTREME(std::uint32_t)
HEADWAY_ARG_EXTREME(std::int64_t)
HEADWAY_ARG_EXTREME(std::uint64_t)
#undef HEADWAY_ARG_EXTREME

}  // namespace headway
