#include "kernels/movement/blocked.h"

#include <algorithm>

#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

/// Some pixels of one channel block.
struct Piece {
  int channels;  ///< That exist: at most B.
  std::int64_t pixels;
  std::int64_t plain;    ///< Offset of the first channel's first pixel,
  std::int64_t blocked;  ///< and of the first pixel in the blocked tensor.
};

template <typename Body>
void for_pieces(const KernelContext& context, std::int64_t batch, std::int64_t channels,
                std::int64_t pixels, const Body& body) noexcept {
  constexpr std::int64_t kPixels = 256;
  const std::int64_t lanes = context.loops.width;
  const std::int64_t blocks = (channels + lanes - 1) / lanes;
  const std::int64_t pieces = (pixels + kPixels - 1) / kPixels;
  const auto run = [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t task = first; task < last; ++task) {
      const std::int64_t plane = task / pieces;
      const std::int64_t pixel = task % pieces * kPixels;
      const std::int64_t channel = plane % blocks * lanes;
      body(Piece{static_cast<int>(std::min(lanes, channels - channel)),
                 std::min(kPixels, pixels - pixel),
                 (plane / blocks * channels + channel) * pixels + pixel,
                 (plane * pixels + pixel) * lanes});
    }
  };
  for_tasks(context, batch * blocks * pieces, std::min(pixels, kPixels) * lanes, run);
}

}  // namespace

void block_channels(const KernelContext& context, std::int64_t batch, std::int64_t channels,
                    std::int64_t pixels, const float* input, float* output) noexcept {
  for_pieces(context, batch, channels, pixels, [&](const Piece& piece) {
    context.loops.block_pixels(piece.channels, piece.pixels, input + piece.plain, pixels,
                               output + piece.blocked);
  });
}

void unblock_channels(const KernelContext& context, std::int64_t batch, std::int64_t channels,
                      std::int64_t pixels, const float* input, float* output) noexcept {
  for_pieces(context, batch, channels, pixels, [&](const Piece& piece) {
    context.loops.unblock_pixels(piece.channels, piece.pixels, input + piece.blocked,
                                 output + piece.plain, pixels);
  });
}

}  // namespace headway
