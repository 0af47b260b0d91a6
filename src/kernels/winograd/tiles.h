#pragma once

#include <algorithm>
#include <cstdint>

namespace headway {

/// Consecutive tiles, counted through the lines of all images.
struct TileRange {
  std::int64_t first = 0, last = 0;

  std::int64_t size() const noexcept { return last - first; }
  TileRange part(std::int64_t index, std::int64_t parts) const noexcept {
    return {first + size() * index / parts, first + size() * (index + 1) / parts};
  }
};

/// Consecutive tiles of one line: the first one's image and its place there, in tiles.
struct TileLine {
  std::int64_t image = 0, y = 0, x = 0;
  std::int64_t tiles = 0;
};

/// The tiles that cover images of one size.
struct TileGrid {
  std::int64_t batch, lines, columns;

  TileRange all() const noexcept { return {0, batch * lines * columns}; }

  TileLine first_line(const TileRange& tiles) const noexcept {
    const std::int64_t line = tiles.first / columns, x = tiles.first % columns;
    return {line / lines, line % lines, x, std::min(columns - x, tiles.size())};
  }

  /// Calls body(line, tiles of the range before it).
  template <typename Body>
  void for_lines(const TileRange& tiles, const Body& body) const noexcept {
    for (TileRange rest = tiles; rest.size() > 0;) {
      const TileLine line = first_line(rest);
      body(line, rest.first - tiles.first);
      rest.first += line.tiles;
    }
  }
};

}  // namespace headway
