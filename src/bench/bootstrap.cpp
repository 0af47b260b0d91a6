#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "bench/random.h"
#include "bench/statistics.h"

namespace headway::bench {
namespace {

constexpr int kResamples = 1000;
constexpr double kZ = 1.959964;

/// Iterations kept per block and row: order statistics, evenly spaced. Beyond this the iterations
/// add nothing to an interval that blocks and processes dominate.
constexpr std::size_t kKeptPerBlock = 101;

/// What the two rows (or the one) measured in a block.
struct Block {
  std::vector<double> row;
  std::vector<double> base;
};

using Generation = std::vector<Block>;

struct Tree {
  std::vector<Generation> generations;
};

std::map<int, std::vector<double>> values_by_block(const ProcessSamples& process) {
  std::map<int, std::vector<double>> blocks;
  for (const RoundSamples& round : process.rounds) {
    std::vector<double>& values = blocks[round.block];
    values.insert(values.end(), round.values.begin(), round.values.end());
  }
  std::erase_if(blocks, [](const auto& block) { return block.second.empty(); });
  return blocks;
}

Tree build_tree(const RowSamples& row, const RowSamples* base) {
  Tree tree;
  for (const ProcessSamples& process : row) {
    Generation generation;
    auto blocks = values_by_block(process);
    if (base == nullptr) {
      for (auto& [index, values] : blocks) generation.push_back({std::move(values), {}});
    } else {
      const auto partner =
          std::ranges::find(*base, process.generation, &ProcessSamples::generation);
      if (partner == base->end()) continue;
      auto partner_blocks = values_by_block(*partner);
      for (auto& [index, values] : blocks) {
        const auto other = partner_blocks.find(index);
        if (other == partner_blocks.end()) continue;
        generation.push_back({std::move(values), std::move(other->second)});
      }
    }
    if (!generation.empty()) tree.generations.push_back(std::move(generation));
  }
  return tree;
}

void thin(std::vector<double>& values) {
  if (values.size() <= kKeptPerBlock) return;
  std::ranges::sort(values);
  std::vector<double> kept(kKeptPerBlock);
  for (std::size_t index = 0; index < kKeptPerBlock; ++index) {
    kept[index] = values[index * (values.size() - 1) / (kKeptPerBlock - 1)];
  }
  values = std::move(kept);
}

/// Logarithm of the median, or of the ratio of medians.
double statistic(const std::vector<double>& row, const std::vector<double>& base) {
  return std::log(median(row)) - (base.empty() ? 0 : std::log(median(base)));
}

double estimate_of(const Tree& tree) {
  std::vector<double> row;
  std::vector<double> base;
  for (const Generation& generation : tree.generations) {
    for (const Block& block : generation) {
      row.insert(row.end(), block.row.begin(), block.row.end());
      base.insert(base.end(), block.base.begin(), block.base.end());
    }
  }
  return statistic(row, base);
}

void draw(const std::vector<double>& from, std::vector<double>& into, Random& random) {
  for (std::size_t count = 0; count < from.size(); ++count) {
    into.push_back(from[random.below(from.size())]);
  }
}

/// Distances of the 2.5 % and 97.5 % points from the estimate, on the logarithmic scale.
struct Reach {
  double below = 0;
  double above = 0;
};

Reach bootstrap(const Tree& tree, double estimate, bool resample_processes, Random random) {
  std::vector<double> statistics;
  std::vector<double> row;
  std::vector<double> base;
  const std::size_t generations = tree.generations.size();
  for (int resample = 0; resample < kResamples; ++resample) {
    row.clear();
    base.clear();
    for (std::size_t index = 0; index < generations; ++index) {
      const Generation& generation =
          tree.generations[resample_processes ? random.below(generations) : index];
      for (std::size_t count = 0; count < generation.size(); ++count) {
        const Block& block = generation[random.below(generation.size())];
        draw(block.row, row, random);
        draw(block.base, base, random);
      }
    }
    statistics.push_back(statistic(row, base));
  }
  std::ranges::sort(statistics);
  constexpr auto kTail = static_cast<std::size_t>(kResamples * 0.025);
  return {std::max(0.0, estimate - statistics[kTail]),
          std::max(0.0, statistics[statistics.size() - 1 - kTail] - estimate)};
}

/// Two-sided 95 % quantile of Student's t.
double student_t(std::size_t degrees) {
  constexpr std::array<double, 11> kQuantiles{0,     12.706, 4.303, 3.182, 2.776, 2.571,
                                              2.447, 2.365,  2.306, 2.262, 2.228};
  if (degrees < kQuantiles.size()) return kQuantiles[degrees];
  return kZ + 2.4 / static_cast<double>(degrees);
}

/// The part of the reach that comes from differences between processes is estimated from very few
/// of them: undo the bootstrap's bias (n-1)/n, and use Student's t for the normal quantile.
double widen(double whole, double within, std::size_t processes) {
  if (processes < 2) return whole;
  const auto count = static_cast<double>(processes);
  const double factor = student_t(processes - 1) / kZ * std::sqrt(count / (count - 1));
  const double between = std::max(0.0, whole * whole - within * within);
  return std::sqrt(within * within + factor * factor * between);
}

std::optional<Interval> interval_of(Tree tree, std::uint64_t seed) {
  if (tree.generations.empty()) return std::nullopt;
  const double estimate = estimate_of(tree);
  if (!std::isfinite(estimate)) return std::nullopt;
  for (Generation& generation : tree.generations) {
    for (Block& block : generation) {
      thin(block.row);
      thin(block.base);
    }
  }
  const std::size_t processes = tree.generations.size();
  const Reach within = bootstrap(tree, estimate, false, Random(sub_seed(seed, 1)));
  const Reach whole =
      processes < 2 ? within : bootstrap(tree, estimate, true, Random(sub_seed(seed, 2)));
  return Interval{std::exp(estimate),
                  std::exp(estimate - widen(whole.below, within.below, processes)),
                  std::exp(estimate + widen(whole.above, within.above, processes))};
}

}  // namespace

std::optional<Interval> median_interval(const RowSamples& row, std::uint64_t seed) {
  return interval_of(build_tree(row, nullptr), seed);
}

std::optional<Interval> ratio_interval(const RowSamples& row, const RowSamples& base,
                                       std::uint64_t seed) {
  return interval_of(build_tree(row, &base), seed);
}

}  // namespace headway::bench
