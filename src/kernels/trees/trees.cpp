#include "kernels/trees/trees.h"

#include <algorithm>

namespace headway {
namespace {

/// Walks that the processor overlaps: each step waits for the one before.
constexpr std::int64_t kTogether = 8;

/// From nodes to their leaves.
template <std::int64_t kWalks>
void walk(const TreeBranch* branches, const double* x, std::int32_t (&at)[kTogether]) noexcept {
  for (bool moved = true; moved;) {
    moved = false;
    for (std::int64_t i = 0; i < kWalks; ++i) {
      const TreeBranch& branch = branches[at[i]];
      const double value = x[branch.feature];
      const int yes = static_cast<int>(value <= branch.split) |
                      (branch.missing_is_yes & static_cast<int>(value != value));
      moved |= branch.next[yes] != at[i];
      at[i] = branch.next[yes];
    }
  }
}

void combine(LeafCombination combination, double weight, double& score) noexcept {
  if (combination == LeafCombination::kSum) {
    score += weight;
  } else if (!(combination == LeafCombination::kMin ? score <= weight : score >= weight)) {
    score = weight;
  }
}

void combine_leaf(const Trees& trees, std::int32_t leaf, double* scores) noexcept {
  const auto at = static_cast<std::size_t>(leaf);
  for (std::int32_t i = trees.first[at]; i < trees.first[at + 1]; ++i) {
    const LeafWeight& weight = trees.weights[static_cast<std::size_t>(i)];
    combine(trees.combination, weight.weight, scores[weight.target]);
  }
}

}  // namespace

void combine_leaves(const Trees& trees, Range range, std::int64_t rows, const double* x,
                    double* scores) noexcept {
  for (std::int64_t tree = range.first; tree < range.last; tree += kTogether) {
    const std::int64_t count = std::min(kTogether, range.last - tree);
    for (std::int64_t row = 0; row < rows; ++row) {
      std::int32_t at[kTogether];
      std::copy_n(trees.roots.data() + tree, count, at);
      std::fill(at + count, at + kTogether, at[0]);
      const double* sample = x + row * trees.features;
      count == 1 ? walk<1>(trees.branches.data(), sample, at)
                 : walk<kTogether>(trees.branches.data(), sample, at);
      for (std::int64_t i = 0; i < count; ++i)
        combine_leaf(trees, at[i], scores + row * trees.targets);
    }
  }
}

}  // namespace headway
