#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/context.h"
#include "kernels/inner_loops.h"
#include "ops/grid_sample.h"

namespace headway::cpu {

inline constexpr std::size_t kMostAxes = 3;
/// Points whose taps are worked out together, for all channels.
inline constexpr std::int64_t kChunk = 256;
/// Channels from which on it pays to have those of a pixel side by side.
inline constexpr std::int64_t kManyChannels = 8;

/// Where in an image each of a chunk of points is read, and with what weights: at so many taps.
class TapTable {
 public:
  /// `memory`: bytes(taps).
  TapTable(void* memory, std::int64_t taps)
      : taps_(taps),
        offsets_(static_cast<std::int32_t*>(memory)),
        weights_(reinterpret_cast<float*>(offsets_ + taps * kChunk)) {}

  static std::size_t bytes(std::int64_t taps) {
    return static_cast<std::size_t>(taps * kChunk) * (sizeof(std::int32_t) + sizeof(float));
  }

  /// A negative offset adds nothing.
  void set(std::int64_t point, std::int64_t tap, std::int64_t offset, double weight) {
    offsets_[tap * kChunk + point] = static_cast<std::int32_t>(offset);
    weights_[tap * kChunk + point] = static_cast<float>(weight);
  }

  /// All taps along one axis combined with all along the others. What is outside, and taps that
  /// there are not, add nothing.
  void set(std::int64_t point, std::span<const AxisTaps> axes,
           std::span<const std::int64_t> extents, double factor = 1.0);

  /// The four neighbours of a point of a plane.
  void set_between(std::int64_t point, double y, double x, std::int64_t height, std::int64_t width,
                   double factor);

  /// Points that no one asks for.
  void fill_up(std::int64_t size);

  void sample(const InnerLoops& loops, std::int64_t size, const float* input, float* output) const {
    loops.sample_points({size, taps_, kChunk, offsets_, weights_, input, output});
  }

  /// Of an input whose channels lie side by side, `pitch` from one pixel to the next; a channel's
  /// points are written `stride` apart from the next one's. `rows`: kChunk × channels floats.
  void sample(const InnerLoops& loops, std::int64_t size, std::int64_t channels, const float* input,
              std::int64_t pitch, float* output, std::int64_t stride, float* rows) const;

 private:
  std::int64_t taps_;
  std::int32_t* offsets_;
  float* weights_;
};

/// output[pixel][channel] = input[channel][pixel]
void gather_channels(const KernelContext& context, std::int64_t channels, std::int64_t pixels,
                     const float* input, float* output);

/// Floats up to whole cache lines.
inline constexpr std::int64_t in_lines(std::int64_t floats) {
  return (floats + 15) / 16 * 16;
}

/// Whether the offsets of a table reach all of an image.
bool is_addressable(std::int64_t volume);

}  // namespace headway::cpu
