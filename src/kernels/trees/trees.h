#pragma once

#include <cstdint>
#include <vector>

#include "kernels/range.h"

namespace headway {

/// Goes to next[1] if x[feature] <= split, or if x[feature] is NaN and `missing_is_yes`, to next[0]
/// otherwise. A leaf goes to itself.
struct TreeBranch {
  double split = 0.0;
  std::int32_t feature = 0;
  std::int32_t next[2] = {0, 0};
  std::int32_t missing_is_yes = 0;
};

struct LeafWeight {
  double weight = 0.0;
  std::int64_t target = 0;
};

enum class LeafCombination : std::uint8_t { kSum, kMin, kMax };

/// Decision trees as arrays.
struct Trees {
  LeafCombination combination = LeafCombination::kSum;
  std::int64_t features = 0, targets = 0;
  std::vector<TreeBranch> branches;
  std::vector<std::int32_t> roots;
  std::vector<std::int32_t> first;  ///< Weights of leaf i: from first[i] to before first[i + 1].
  std::vector<LeafWeight> weights;
};

/// Combines scores[rows][targets] with the weights of the leaves that x[rows][features] reaches in
/// the trees of a range. Except for sums, a score of NaN is none yet.
void combine_leaves(const Trees& trees, Range range, std::int64_t rows, const double* x,
                    double* scores) noexcept;

}  // namespace headway
