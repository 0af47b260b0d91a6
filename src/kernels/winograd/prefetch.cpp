#include "kernels/winograd/prefetch.h"

#include <algorithm>

namespace headway {

void TilePixels::begin_line() noexcept {
  const TileLine line = grid_.first_line(tiles_);
  tiles_.first += line.tiles;
  const auto pixel = [&](std::int64_t tile, std::int64_t before, std::int64_t size) {
    return std::clamp<std::int64_t>(tile * image_.tile - before, 0, size);
  };
  const std::int64_t top = pixel(line.y, image_.pad_top, image_.height);
  const std::int64_t bottom = pixel(line.y + 1, image_.pad_top - image_.halo, image_.height);
  const std::int64_t left = pixel(line.x, image_.pad_left, image_.width);
  const std::int64_t right =
      pixel(line.x + line.tiles, image_.pad_left - image_.halo, image_.width);
  const std::int64_t plane = line.image * image_.blocks + first_block_;
  line_ = image_.data + ((plane * image_.height + top) * image_.width + left) * image_.vector;
  rows_ = bottom - top;
  size_ = (right - left) * image_.vector;
  block_ = row_ = at_ = 0;
}

const float* TilePixels::take(std::int64_t floats) noexcept {
  while (!line_ || rows_ <= 0 || size_ <= 0) {
    if (tiles_.size() <= 0) return nullptr;
    begin_line();
  }
  const float* run = line_ + (block_ * image_.height + row_) * image_.width * image_.vector + at_;
  at_ += floats;
  if (at_ < size_) return run;
  at_ = 0;
  if (++row_ < rows_) return run;
  row_ = 0;
  if (++block_ == blocks_) line_ = nullptr;
  return run;
}

}  // namespace headway
