#include "kernels/winograd/split.h"

#include <algorithm>
#include <cstdlib>

namespace headway {

WinogradSplit split_winograd(const ConvShape& shape, int tile, const InnerLoops& loops,
                             int threads) noexcept {
  const auto up = [](std::int64_t a, std::int64_t b) { return (a + b - 1) / b; };
  const std::int64_t all = shape.batch * up(shape.out_height, tile) * up(shape.out_width, tile);
  WinogradSplit s;
  std::int64_t wanted = 56;
  if (const char* t = std::getenv("T")) wanted = std::atoi(t);
  if (const char* t = std::getenv("SHARED")) s.shared = std::atoi(t);
  s.chunks = up(all, wanted);
  if (!s.shared) s.chunks = up(s.chunks, threads) * threads;
  s.chunks = std::min(s.chunks, all);
  s.workers = s.shared ? std::min<std::int64_t>(threads, up(up(shape.out_channels, loops.width), 2)) : std::min<std::int64_t>(threads, s.chunks);
  return s;
}

}  // namespace headway
