#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ops/ml/attributes.h"

namespace headway {

enum class TreeMode {
  kLessEqual,
  kLess,
  kGreaterEqual,
  kGreater,
  kEqual,
  kNotEqual,
  kMember,
  kLeaf
};

struct TreeNode {
  TreeMode mode = TreeMode::kLeaf;
  std::int64_t feature = 0;
  double split = 0.0;
  std::vector<double> members;
  bool missing_is_true = false;
  std::size_t yes = 0, no = 0;                            ///< Indices of nodes.
  std::vector<std::pair<std::size_t, double>> leaf = {};  ///< Target and weight.
};

/// Decision trees and how their leaves become the scores of a sample.
struct Forest {
  enum class Aggregate { kAverage, kSum, kMin, kMax };

  std::vector<TreeNode> nodes;
  std::vector<std::size_t> roots;
  Aggregate aggregate = Aggregate::kSum;
  std::vector<double> base;  ///< Added to the scores, as far as there are any.
  PostTransform transform = PostTransform::kNone;

  /// The average, if it is one, and the base.
  void finish(std::span<double> scores) const;
};

/// Reads the attributes of a TreeEnsemble, TreeEnsembleRegressor or TreeEnsembleClassifier. Every
/// path ends, in leaves of the `targets` that there are. Throws Error(kInvalidModel) otherwise.
Forest forest_of(const Node& node, std::int64_t targets);

/// What a classifier makes of the sums of its trees.
class ClassDecision {
 public:
  ClassDecision(const Node& node, const Forest& forest, std::size_t classes);

  /// Turns sums (with the base added) into the scores that are returned. Returns the label.
  std::size_t operator()(std::span<double> scores) const;

 private:
  std::size_t split(double score, std::span<double> scores) const;

  PostTransform transform_;
  bool single_, positive_;
  std::size_t id_ = 0;
  double base_ = 0.0;
};

/// Throws Error(kInvalidModel): the attributes do not describe trees.
[[noreturn]] void refuse_trees(const Node& node);

}  // namespace headway
