#include "kernels/gemm/split.h"

#include <algorithm>
#include <limits>

namespace headway {
namespace {

/// Packing a panel costs about as much as this many tiles computed with it.
constexpr std::int64_t kPackingTiles = 3;

std::int64_t divide_up(std::int64_t n, std::int64_t d) {
  return (n + d - 1) / d;
}

}  // namespace

Split choose_split(std::int64_t images, std::int64_t packed_panels, std::int64_t streamed_panels,
                   int threads) noexcept {
  Split best;
  std::int64_t best_cost = std::numeric_limits<std::int64_t>::max();
  const std::int64_t most = std::max<std::int64_t>(1, divide_up(threads, images));
  for (std::int64_t streamed = 1; streamed <= std::min(most, streamed_panels); ++streamed) {
    const std::int64_t enough = divide_up(most, streamed);
    for (std::int64_t packed : {enough, 2 * enough, 4 * enough}) {
      const Split split{
          std::clamp<std::int64_t>(packed, 1, std::max<std::int64_t>(packed_panels, 1)), streamed};
      const std::int64_t tasks_per_thread = divide_up(images * split.parts(), threads);
      const std::int64_t cost = tasks_per_thread * divide_up(packed_panels, split.packed_parts) *
                                (divide_up(streamed_panels, streamed) + kPackingTiles);
      if (cost < best_cost) {
        best_cost = cost;
        best = split;
      }
    }
  }
  return best;
}

}  // namespace headway
