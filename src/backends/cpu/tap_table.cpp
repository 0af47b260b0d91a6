#include "backends/cpu/tap_table.h"

#include <algorithm>
#include <limits>

namespace headway::cpu {
namespace {

/// Four along each axis.
constexpr std::int64_t kMostTaps = 64;

}  // namespace

void TapTable::set(std::int64_t point, std::span<const AxisTaps> axes,
                   std::span<const std::int64_t> extents, double factor) {
  std::int64_t offsets[kMostTaps] = {0}, count = 1;
  double weights[kMostTaps] = {factor};
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto more = static_cast<std::int64_t>(axes[i].count);
    for (std::int64_t tap = count * more; tap-- > 0;) {
      const auto at = static_cast<std::size_t>(tap % more);
      const bool inside = offsets[tap / more] >= 0 && axes[i].index[at] >= 0;
      weights[tap] = weights[tap / more] * axes[i].weight[at];
      offsets[tap] = inside ? offsets[tap / more] * extents[i] + axes[i].index[at] : -1;
    }
    count *= more;
  }
  for (std::int64_t tap = 0; tap < taps_; ++tap) {
    const bool inside = tap < count && offsets[tap] >= 0;
    set(point, tap, inside ? offsets[tap] : -1, inside ? weights[tap] : 0.0);
  }
}

void TapTable::set_between(std::int64_t point, double y, double x, std::int64_t height,
                           std::int64_t width, double factor) {
  y = bounded_coordinate(y);
  x = bounded_coordinate(x);
  auto top = static_cast<std::int64_t>(y), left = static_cast<std::int64_t>(x);
  top -= static_cast<double>(top) > y ? 1 : 0;
  left -= static_cast<double>(left) > x ? 1 : 0;
  const double down = y - static_cast<double>(top), across = x - static_cast<double>(left);
  const double rows[] = {factor * (1.0 - down), factor * down};
  const double columns[] = {1.0 - across, across};
  for (std::int64_t i = 0; i < 4; ++i) {
    const std::int64_t row = top + i / 2, column = left + i % 2;
    const bool inside = row >= 0 && row < height && column >= 0 && column < width;
    set(point, i, inside ? row * width + column : -1, inside ? rows[i / 2] * columns[i % 2] : 0.0);
  }
}

void TapTable::fill_up(std::int64_t size) {
  for (; size % kWidestVector != 0; ++size) {
    for (std::int64_t tap = 0; tap < taps_; ++tap) set(size, tap, -1, 0.0);
  }
}

void TapTable::sample(const InnerLoops& loops, std::int64_t size, std::int64_t channels,
                      const float* input, std::int64_t pitch, float* output, std::int64_t stride,
                      float* rows) const {
  loops.sample_pixels({size, taps_, kChunk, channels, pitch, offsets_, weights_, input, rows});
  loops.transpose(size, channels, rows, channels, output, stride);
}

void gather_channels(const KernelContext& context, std::int64_t channels, std::int64_t pixels,
                     const float* input, float* output) {
  const std::int64_t strips = (pixels + kChunk - 1) / kChunk;
  context.pool.parallel_for(strips, [&](std::int64_t strip, std::int64_t last, int) {
    for (; strip < last; ++strip) {
      const std::int64_t first = strip * kChunk, size = std::min(kChunk, pixels - first);
      context.loops.transpose(channels, size, input + first, pixels, output + first * channels,
                              channels);
    }
  });
}

bool is_addressable(std::int64_t volume) {
  return volume <= std::numeric_limits<std::int32_t>::max();
}

}  // namespace headway::cpu
