#pragma once

#include <cstdint>

#include "kernels/elementwise/function.h"

namespace headway {

/// Neighbouring tiles of one line of tiles, on their way from one block of input channels to
/// frequencies.
struct WinogradInputLine {
  const float* image = nullptr;  ///< [height × width × B]
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t y = 0;  ///< Top left pixel of the first tile; outside of the image where it is
  std::int64_t x = 0;  ///< padded, with zeros.
  std::int64_t tiles = 0;
  float* transformed = nullptr;  ///< Frequency f of tile i goes to f * frequency_stride + i * B.
  std::int64_t frequency_stride = 0;
};

/// Neighbouring tiles of one line of tiles, on their way from frequencies to one block of output
/// channels: output = activation(transformed + bias + residual).
struct WinogradOutputLine {
  const float* products = nullptr;    ///< Frequency f of tile i is at f * frequency_stride +
  std::int64_t frequency_stride = 0;  ///< i * tile_stride.
  std::int64_t tile_stride = 0;
  float* image = nullptr;           ///< [height × width × B]
  const float* residual = nullptr;  ///< Laid out like image, and may be it.
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t y = 0;  ///< Top left pixel of the first tile; tiles may hang over the other edges.
  std::int64_t x = 0;
  std::int64_t tiles = 0;
  const float* bias = nullptr;  ///< B floats.
  Unary activation;
  /// The greatest of every 2 × 2 pixels are stored only: image has half the height and width,
  /// rounded down, and there is no residual.
  bool max_pool = false;
};

/// The 3×3 taps of B output channels for some input channels, on their way to frequencies.
struct WinogradWeights {
  const float* taps = nullptr;  ///< [channels × 9 × B]
  std::int64_t channels = 0;
  float* transformed = nullptr;       ///< Frequency f of channel c goes to f * frequency_stride +
  std::int64_t frequency_stride = 0;  ///< c * channel_stride.
  std::int64_t channel_stride = 0;
  /// Only columns are transformed: "frequency" 3y + x is tap x of line y.
  bool half = false;
};

}  // namespace headway
