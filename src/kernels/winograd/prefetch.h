#pragma once

#include <cstdint>

#include "kernels/winograd/tiles.h"

namespace headway {

/// A blocked image, and where its tiles lie.
struct TiledImage {
  const float* data = nullptr;
  std::int64_t blocks = 0, height = 0, width = 0;
  std::int64_t vector = 0;  ///< Channels per block.
  std::int64_t tile = 0;    ///< Pixels from one tile to the next,
  std::int64_t halo = 0;    ///< and how far each reaches into the next.
  std::int64_t pad_top = 0, pad_left = 0;
};

/// The pixels of some tiles, run by run, for whoever fetches them ahead of their use.
class TilePixels {
 public:
  TilePixels() = default;
  TilePixels(const TiledImage& image, const TileGrid& grid, const TileRange& tiles,
             std::int64_t first_block, std::int64_t blocks) noexcept
      : image_(image), grid_(grid), tiles_(tiles), first_block_(first_block), blocks_(blocks) {}

  /// The next run of at most `floats`, or null if all are taken.
  const float* take(std::int64_t floats) noexcept;

 private:
  void begin_line() noexcept;

  TiledImage image_;
  TileGrid grid_{};
  TileRange tiles_;  ///< Whose line has not begun.
  std::int64_t first_block_ = 0, blocks_ = 0;

  const float* line_ = nullptr;  ///< First pixel of the line, in the first block.
  std::int64_t size_ = 0, rows_ = 0;
  std::int64_t block_ = 0, row_ = 0, at_ = 0;  ///< What is taken next.
};

}  // namespace headway
