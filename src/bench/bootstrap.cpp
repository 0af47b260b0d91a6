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

/// Calls kept per process and row for resampling, spread evenly over its blocks. More calls add
/// nothing to an interval that blocks and processes dominate.
constexpr std::size_t kKeptPerProcess = 500;
constexpr std::size_t kFewestPerBlock = 5;

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

/// Leaves `count` quantiles, evenly spaced.
void thin(std::vector<double>& values, std::size_t count) {
  if (values.size() <= count) return;
  std::ranges::sort(values);
  std::vector<double> kept(count);
  for (std::size_t index = 0; index < count; ++index) {
    kept[index] = values[(2 * index + 1) * values.size() / (2 * count)];
  }
  values = std::move(kept);
}

void thin(Generation& generation) {
  const std::size_t count = std::max(kKeptPerProcess / generation.size(), kFewestPerBlock);
  for (Block& block : generation) {
    thin(block.row, count);
    thin(block.base, count);
  }
}

/// Logarithm of the median, or of the ratio of medians.
double statistic(std::vector<double>& row, std::vector<double>& base) {
  return std::log(median_in_place(row)) - (base.empty() ? 0 : std::log(median_in_place(base)));
}

double statistic(const Generation& generation) {
  std::vector<double> row;
  std::vector<double> base;
  for (const Block& block : generation) {
    row.insert(row.end(), block.row.begin(), block.row.end());
    base.insert(base.end(), block.base.begin(), block.base.end());
  }
  return statistic(row, base);
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double variance(const std::vector<double>& values) {
  const double center = mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - center) * (value - center);
  return sum / static_cast<double>(values.size() - 1);
}

void draw(const std::vector<double>& from, std::vector<double>& into, Random& random) {
  for (std::size_t count = 0; count < from.size(); ++count) {
    into.push_back(from[random.below(from.size())]);
  }
}

/// What resampling makes of the estimate.
struct Resampled {
  std::vector<double>
      within;          ///< Blocks and iterations drawn anew, processes as they were; sorted.
  double between = 0;  ///< Standard deviation that drawing processes anew adds.
};

Resampled bootstrap(const Tree& tree, Random random) {
  const std::size_t processes = tree.generations.size();
  std::vector<double> within;
  std::vector<double> whole;
  std::vector<double> statistics(processes);
  std::vector<double> row;
  std::vector<double> base;
  for (int resample = 0; resample < kResamples; ++resample) {
    for (std::size_t process = 0; process < processes; ++process) {
      const Generation& blocks = tree.generations[process];
      row.clear();
      base.clear();
      for (std::size_t count = 0; count < blocks.size(); ++count) {
        const Block& block = blocks[random.below(blocks.size())];
        draw(block.row, row, random);
        draw(block.base, base, random);
      }
      statistics[process] = statistic(row, base);
    }
    within.push_back(mean(statistics));
    double sum = 0;
    for (std::size_t count = 0; count < processes; ++count) {
      sum += statistics[random.below(processes)];
    }
    whole.push_back(sum / static_cast<double>(processes));
  }
  std::ranges::sort(within);
  const double between = variance(whole) - variance(within);
  return {std::move(within), std::sqrt(std::max(0.0, between))};
}

/// Two-sided 95 % quantile of Student's t.
double student_t(std::size_t degrees) {
  constexpr std::array<double, 11> kQuantiles{0,     12.706, 4.303, 3.182, 2.776, 2.571,
                                              2.447, 2.365,  2.306, 2.262, 2.228};
  if (degrees < kQuantiles.size()) return kQuantiles[degrees];
  return kZ + 2.4 / static_cast<double>(degrees);
}

/// Undoes what makes a bootstrap of few things too sure of itself: its bias, (n-1)/n of the
/// variance, and the normal quantile where Student's t belongs.
double small_sample_factor(std::size_t things, std::size_t degrees) {
  if (things < 2 || degrees == 0) return 1;
  const auto count = static_cast<double>(things);
  return student_t(degrees) / kZ * std::sqrt(count / (count - 1));
}

/// Factor for what lies within processes: blocks, or, with a single block each, the calls in it.
double within_factor(const Tree& tree) {
  std::size_t blocks = 0;
  std::size_t calls = tree.generations.front().front().row.size();
  for (const Generation& generation : tree.generations) {
    blocks += generation.size();
    for (const Block& block : generation) {
      calls = std::min(calls, block.row.size());
      if (!block.base.empty()) calls = std::min(calls, block.base.size());
    }
  }
  const std::size_t processes = tree.generations.size();
  if (blocks > processes) return small_sample_factor(blocks / processes, blocks - processes);
  return small_sample_factor(calls, processes * (calls - 1));
}

std::optional<Interval> interval_of(Tree tree, std::uint64_t seed) {
  if (tree.generations.empty()) return std::nullopt;
  std::vector<double> statistics;
  for (const Generation& generation : tree.generations) statistics.push_back(statistic(generation));
  const double estimate = mean(statistics);
  if (!std::isfinite(estimate)) return std::nullopt;
  for (Generation& generation : tree.generations) thin(generation);
  const std::size_t processes = tree.generations.size();
  const Resampled resampled = bootstrap(tree, Random(seed));
  const double factor = within_factor(tree);
  const double between = kZ * small_sample_factor(processes, processes - 1) * resampled.between;
  constexpr auto kTail = static_cast<std::size_t>(kResamples * 0.025);
  const double below = factor * (estimate - resampled.within[kTail]);
  const double above = factor * (resampled.within[kResamples - 1 - kTail] - estimate);
  // The spread of the processes already contains that of the blocks within them.
  return Interval{std::exp(estimate), std::exp(estimate - std::max({below, between, 0.0})),
                  std::exp(estimate + std::max({above, between, 0.0}))};
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
