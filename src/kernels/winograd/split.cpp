#include "kernels/winograd/split.h"

#include <algorithm>
#include <cmath>

#include "kernels/brgemm/brgemm.h"

namespace headway {
namespace {

// Measured on a processor with two 512-bit multipliers, 1 MB of second-level cache per core and
// 32 MB of third-level cache: cycles, and bytes per cycle.
constexpr double kMultiplyEfficiency = 0.92;
constexpr double kHalfEfficiency =
    0.87;                            ///< Of two loads a cycle, where weights are half transformed.
constexpr double kHalfMemory = 1.2;  ///< How much longer their bytes take from memory.
constexpr double kCyclesPerCall = 50;
constexpr double kCyclesPerLoop = 6000;  ///< To start and end a parallel loop.
constexpr double kFromThirdLevel = 24;
constexpr double kFromMemory = 10;
constexpr double kFromMemoryToAll = 12;
constexpr double kFromOtherCores = 12;
constexpr double kSecondLevel = 512 * 1024;  ///< What is left for weights, or for the rest.
constexpr double kThirdLevel = 16 * 1024 * 1024;

constexpr std::int64_t kChunkTiles[] = {28, 42, 56};
constexpr std::int64_t kFewestTiles = 4;  ///< In a part of a chunk.

/// Per tile and vector of channels.
struct TransformCycles {
  double input, output;
};

TransformCycles transform_cycles(int tile) {
  if (tile == 2) return {35, 45};
  if (tile == 4) return {100, 105};
  return {240, 260};
}

/// Fetching from memory slows down the arithmetic that it overlaps with.
double overlapped(double a, double b) {
  return std::sqrt(a * a + b * b);
}

/// The fewest parts of at most `most`.
std::int64_t whole_parts(std::int64_t size, std::int64_t most) {
  return (size + most - 1) / most;
}

double divide_up(std::int64_t a, std::int64_t b) {
  return static_cast<double>(whole_parts(a, b));
}

class CostModel {
 public:
  CostModel(const ConvShape& shape, WinogradForm form, const InnerLoops& loops)
      : loops_(loops),
        form_(form),
        all_tiles_(shape.batch * whole_parts(shape.out_height, form.tile) *
                   whole_parts(shape.out_width, form.tile)),
        frequencies_(static_cast<double>(form.frequencies())),
        in_channels_(static_cast<double>(shape.in_channels)),
        in_vectors_(divide_up(shape.in_channels, loops.width)),
        out_vectors_(divide_up(shape.out_channels, loops.width)),
        groups_(divide_up(static_cast<std::int64_t>(out_vectors_), form.half ? 1 : 2)),
        transform_(transform_cycles(form.tile)) {}

  std::int64_t all_tiles() const { return all_tiles_; }
  std::int64_t groups() const { return static_cast<std::int64_t>(groups_); }

  /// Workers that do `rounds` chunks each.
  WinogradSplit apart(std::int64_t workers, std::int64_t rounds) const {
    WinogradSplit split{.chunks = workers * rounds, .workers = workers};
    const double tiles = divide_up(all_tiles_, split.chunks);
    split.gathered = gathered(tiles);
    const double transforms =
        tiles * (in_vectors_ * transform_.input + out_vectors_ * transform_.output);
    const double multiply = groups_ * group_cycles(tiles) * slowed_by_cache(tiles);
    const double first = overlapped(multiply, weight_bytes() / kFromMemory);
    const double later = overlapped(multiply, weight_bytes() / from_where_weights_stay());
    split.cycles = static_cast<double>(rounds) * transforms + first +
                   static_cast<double>(rounds - 1) * later + (workers > 1 ? kCyclesPerLoop : 0);
    return split;
  }

  WinogradSplit together(std::int64_t workers, std::int64_t chunks, std::int64_t parts) const {
    WinogradSplit split{.chunks = chunks, .workers = workers, .shared = true, .parts = parts};
    const double tiles = divide_up(all_tiles_, chunks);
    const auto count = static_cast<double>(workers);
    const double tasks = divide_up(groups() * parts, workers);
    const double part = divide_up(static_cast<std::int64_t>(tiles), parts);
    split.gathered = gathered(part);
    const double transforms = tiles * in_vectors_ * transform_.input / count +
                              part * tasks * (form_.half ? 1 : 2) * transform_.output;
    const double exchange = frequencies_ * in_channels_ * tiles * sizeof(float) / kFromOtherCores;
    const double multiply = tasks * group_cycles(part) * slowed_by_cache(tiles);
    const double weights = weight_bytes() * tasks / (groups_ * static_cast<double>(parts)) /
                           std::min(kFromMemory, kFromMemoryToAll / count);
    split.cycles = static_cast<double>(chunks) *
                   (2 * kCyclesPerLoop + transforms + exchange + overlapped(multiply, weights));
    return split;
  }

 private:
  /// Products of so many groups take their part of the second-level cache, and the tiles'
  /// frequencies are read that much more seldom.
  std::int64_t gathered(double tiles) const {
    if (!form_.half) return 1;
    const double bytes = frequencies_ * tiles * loops_.width * sizeof(float);
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(kSecondLevel / 2 / bytes), 1,
                                    groups());
  }

  double weight_bytes() const {
    return frequencies_ * (form_.half ? kHalfMemory / 2 : 1) * in_channels_ * out_vectors_ *
           loops_.width * sizeof(float);
  }

  double from_where_weights_stay() const {
    if (weight_bytes() < kSecondLevel) return 64;
    return weight_bytes() < kThirdLevel ? kFromThirdLevel : kFromMemory;
  }

  /// All frequencies of one group of two vectors.
  double group_cycles(double tiles) const {
    if (form_.half) return half_group_cycles(tiles);
    const double calls = divide_up(static_cast<std::int64_t>(tiles), max_brgemm_rows(2, loops_));
    const double rows = tiles / calls;
    const double step = std::max(rows, 4.0);  // Two products a cycle, four cycles of latency.
    return frequencies_ * calls * (in_channels_ * step / kMultiplyEfficiency + kCyclesPerCall);
  }

  /// Each tile of a call loads a factor for each frequency of a line, and all share three weights.
  double half_group_cycles(double tiles) const {
    const double lines = form_.lines();
    const double calls = divide_up(static_cast<std::int64_t>(tiles), 4);
    const double loads = lines * tiles / calls + 3;
    return frequencies_ / lines * calls *
           (in_channels_ * loads / (2 * kHalfEfficiency) + kCyclesPerCall);
  }

  double slowed_by_cache(double tiles) const {
    const double bytes = frequencies_ * tiles * sizeof(float) * (in_channels_ + 2.0 * loops_.width);
    return bytes > kSecondLevel * 1.5 ? 1.05 : 1;
  }

  const InnerLoops& loops_;
  WinogradForm form_;
  std::int64_t all_tiles_;
  double frequencies_, in_channels_, in_vectors_, out_vectors_, groups_;
  TransformCycles transform_;
};

}  // namespace

WinogradSplit split_winograd(const ConvShape& shape, WinogradForm form, const InnerLoops& loops,
                             int threads) noexcept {
  const CostModel model(shape, form, loops);
  const std::int64_t tiles = model.all_tiles();
  WinogradSplit best;
  const auto consider = [&](const WinogradSplit& split) {
    if (best.cycles == 0 || split.cycles < best.cycles) best = split;
  };
  for (const std::int64_t chunk : kChunkTiles) {
    for (const std::int64_t workers : {std::int64_t{1}, std::min<std::int64_t>(threads, tiles)}) {
      consider(model.apart(workers, whole_parts(tiles, workers * chunk)));
    }
    if (threads == 1) continue;
    const std::int64_t most_parts = whole_parts(std::min(chunk, tiles), kFewestTiles);
    for (const std::int64_t parts :
         {std::int64_t{1}, std::min(most_parts, whole_parts(threads, model.groups()))}) {
      const std::int64_t workers = std::min<std::int64_t>(threads, model.groups() * parts);
      consider(model.together(workers, whole_parts(tiles, chunk), parts));
    }
  }
  return best;
}

double winograd_cost(const ConvShape& shape, WinogradForm form, const InnerLoops& loops,
                     int threads) noexcept {
  return split_winograd(shape, form, loops, threads).cycles;
}

}  // namespace headway
