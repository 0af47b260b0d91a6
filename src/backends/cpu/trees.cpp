#include "kernels/trees/trees.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "kernels/threshold.h"
#include "ops/ml/forest.h"

namespace headway::cpu {
namespace {

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

/// x < split is x <= below(split); nothing is less than minus infinity.
double below(double split) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return split == -kInfinity ? kNoNumber : std::nextafter(split, -kInfinity);
}

/// Every kind of branch, said with comparisons by <= alone.
class TreeBuilder {
 public:
  TreeBuilder(const Forest& forest, Trees& trees) : trees_(trees) {
    trees_.branches.resize(forest.nodes.size());
    for (std::size_t i = 0; i < forest.nodes.size(); ++i) add(index(i), forest.nodes[i]);
    for (const std::size_t root : forest.roots) trees_.roots.push_back(index(root));
  }

 private:
  static std::int32_t index(std::size_t i) { return static_cast<std::int32_t>(i); }

  void add(std::int32_t at, const TreeNode& node) {
    trees_.first.push_back(index(trees_.weights.size()));
    for (const auto& [target, weight] : node.leaf)
      trees_.weights.push_back({weight, static_cast<std::int64_t>(target)});
    feature_ = static_cast<std::int32_t>(node.feature);
    const bool missing = node.missing_is_true;
    const std::int32_t yes = index(node.yes), no = index(node.no);
    const bool comparable = !std::isnan(node.split);
    switch (node.mode) {
      case TreeMode::kLessEqual:
        return set(at, node.split, missing, yes, no);
      case TreeMode::kLess:
        return set(at, below(node.split), missing, yes, no);
      case TreeMode::kGreaterEqual:
        return comparable ? set(at, below(node.split), !missing, no, yes)
                          : set(at, kNoNumber, missing, yes, no);
      case TreeMode::kGreater:
        return comparable ? set(at, node.split, !missing, no, yes)
                          : set(at, kNoNumber, missing, yes, no);
      case TreeMode::kEqual:
        return set_equal(at, node.split, missing, yes, no);
      case TreeMode::kNotEqual:
        return set_equal(at, node.split, false, no, yes);
      case TreeMode::kMember:
        return set_member(at, node.members, missing, yes, no);
      case TreeMode::kLeaf:
        feature_ = 0;
        return set(at, kNoNumber, false, at, at);
    }
  }

  void set(std::int32_t at, double split, bool missing_is_yes, std::int32_t yes, std::int32_t no) {
    trees_.branches[static_cast<std::size_t>(at)] = {split, feature_, {no, yes}, missing_is_yes};
  }

  std::int32_t one_more() {
    trees_.branches.emplace_back();
    return index(trees_.branches.size() - 1);
  }

  /// Not greater, and then not less; what is missing is neither.
  void set_equal(std::int32_t at, double value, bool missing, std::int32_t yes, std::int32_t no) {
    const std::int32_t second = one_more();
    set(at, value, missing, second, no);
    set(second, below(value), false, no, yes);
  }

  void set_member(std::int32_t at, const std::vector<double>& members, bool missing,
                  std::int32_t yes, std::int32_t no) {
    for (std::size_t i = 0; i + 1 < members.size(); ++i) {
      const std::int32_t next = one_more();
      set_equal(at, members[i], missing, yes, next);
      at = next;
    }
    members.empty() ? set(at, kNoNumber, missing, yes, no)
                    : set_equal(at, members.back(), missing, yes, no);
  }

  Trees& trees_;
  std::int32_t feature_ = 0;
};

/// All samples through all trees, blocks of samples and parts of the forest at once.
class TreeStep final : public Step {
 public:
  TreeStep(const Node& node, Forest forest, Trees trees, std::int64_t rows,
           const Lowering& lowering)
      : trees_(std::move(trees)),
        rows_(rows),
        block_(std::clamp<std::int64_t>(kBlockElements / trees_.features, 1, kMostRows)),
        threads_(lowering.threads),
        dtype_(node.input(0)->type.dtype),
        loops_(lowering.loops) {
    const bool classifies = node.is("TreeEnsembleClassifier", kMlDomain);
    scores_output_ = classifies ? 1 : 0;
    if (const Value* scores = node.output(scores_output_)) score_dtype_ = scores->type.dtype;
    if (classifies) {
      decision_.emplace(node, forest, static_cast<std::size_t>(trees_.targets));
      labels_ = node.get_ints("classlabels_int64s", {});
    }
    forest.nodes.clear();
    forest.nodes.shrink_to_fit();
    forest_ = std::move(forest);
    // Few samples leave threads without work, unless they share the trees.
    const auto most = static_cast<std::int64_t>(trees_.roots.size()) / kTreesPerPart;
    parts_ = blocks() >= threads_ ? 1 : std::clamp<std::int64_t>(most, 1, threads_);
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    auto* scores = static_cast<double*>(operands.scratch);
    const std::int64_t trees = static_cast<std::int64_t>(trees_.roots.size());
    const KernelContext context{pool, loops_};
    const std::int64_t rows = std::min(block_, rows_);
    for_tasks(context, blocks() * parts_, rows * trees / parts_ * kWorkPerTree,
              [&](std::int64_t task, std::int64_t last, int thread) {
                double* x =
                    scores + parts_ * rows_ * trees_.targets + thread * block_ * trees_.features;
                for (; task < last; ++task)
                  walk(operands, task / parts_ * block_, task % parts_, x, scores);
              });
    for_tasks(context, rows_, trees_.targets * kWorkPerScore,
              [&](std::int64_t row, std::int64_t last, int) {
                for (; row < last; ++row) finish(operands, row, scores);
              });
  }

  std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(parts_ * rows_ * trees_.targets +
                                    threads_ * block_ * trees_.features) *
           sizeof(double);
  }

 private:
  static constexpr std::int64_t kMostRows = 64, kBlockElements = 16 * 1024, kTreesPerPart = 32;
  static constexpr std::int64_t kWorkPerTree = 32, kWorkPerScore = 16;

  std::int64_t blocks() const { return (rows_ + block_ - 1) / block_; }

  /// A part of the forest for a block of samples.
  void walk(const Operands& operands, std::int64_t first, std::int64_t part, double* x,
            double* scores) const {
    const std::int64_t rows = std::min(block_, rows_ - first);
    dispatch_native(dtype_, [&]<typename T>(std::type_identity<T>) {
      const T* input = static_cast<const T*>(operands.inputs[0]) + first * trees_.features;
      std::transform(input, input + rows * trees_.features, x,
                     [](T value) { return static_cast<double>(value); });
    });
    double* mine = scores + (part * rows_ + first) * trees_.targets;
    std::fill_n(mine, rows * trees_.targets,
                trees_.combination == LeafCombination::kSum ? 0.0 : kNoNumber);
    const auto trees = static_cast<std::int64_t>(trees_.roots.size());
    combine_leaves(trees_, {part * trees / parts_, (part + 1) * trees / parts_}, rows, x, mine);
  }

  void finish(const Operands& operands, std::int64_t row, double* all) const {
    const std::int64_t targets = trees_.targets;
    const std::span<double> scores(all + row * targets, static_cast<std::size_t>(targets));
    for (std::int64_t target = 0; target < targets; ++target) {
      double& score = scores[static_cast<std::size_t>(target)];
      for (std::int64_t part = 1; part < parts_; ++part)
        add(all[(part * rows_ + row) * targets + target], score);
      if (std::isnan(score) && trees_.combination != LeafCombination::kSum) score = 0.0;
    }
    forest_.finish(scores);
    if (decision_) {
      const std::size_t label = (*decision_)(scores);
      if (operands.outputs[0] != nullptr)
        static_cast<std::int64_t*>(operands.outputs[0])[row] = labels_[label];
    } else {
      transform_scores(forest_.transform, scores);
    }
    if (operands.outputs.size() > scores_output_ && operands.outputs[scores_output_] != nullptr)
      write(scores, operands.outputs[scores_output_], row);
  }

  void add(double part, double& score) const {
    const bool is_min = trees_.combination == LeafCombination::kMin;
    if (trees_.combination == LeafCombination::kSum) {
      score += part;
    } else if (!(is_min ? score <= part : score >= part) && !std::isnan(part)) {
      score = part;
    }
  }

  void write(std::span<const double> scores, void* output, std::int64_t row) const {
    const std::int64_t first = row * trees_.targets;
    if (score_dtype_ == DType::kFloat64) {
      std::ranges::copy(scores, static_cast<double*>(output) + first);
    } else {
      std::ranges::transform(scores, static_cast<float*>(output) + first,
                             [](double score) { return static_cast<float>(score); });
    }
  }

  Forest forest_;  ///< Without its nodes.
  Trees trees_;
  std::optional<ClassDecision> decision_;
  std::vector<std::int64_t> labels_;
  std::int64_t rows_, block_, parts_ = 1, threads_;
  std::size_t scores_output_;
  DType dtype_, score_dtype_ = DType::kFloat32;
  const InnerLoops& loops_;
};

/// What the arrays of a kernel can hold.
bool fits(const Forest& forest, std::int64_t features) {
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()) / 4;
  std::size_t size = forest.nodes.size();
  for (const TreeNode& node : forest.nodes) {
    size += 2 * node.members.size() + node.leaf.size();
    if (node.mode != TreeMode::kLeaf && (node.feature < 0 || node.feature >= features))
      return false;
    for (const auto& [target, weight] : node.leaf)
      if (std::isnan(weight)) return false;
  }
  return size < kMost;
}

LeafCombination combination_of(const Forest& forest) {
  if (forest.aggregate == Forest::Aggregate::kMin) return LeafCombination::kMin;
  if (forest.aggregate == Forest::Aggregate::kMax) return LeafCombination::kMax;
  return LeafCombination::kSum;
}

}  // namespace

std::unique_ptr<Step> lower_trees(const Node& node, Lowering& lowering) {
  const Shape x = shape_of(node.input(0));
  std::int64_t targets = node.get_int("n_targets", 1);
  if (node.is("TreeEnsembleClassifier", kMlDomain))
    targets = static_cast<std::int64_t>(node.get_ints("classlabels_int64s", {}).size());
  const Value* scores =
      node.is("TreeEnsembleClassifier", kMlDomain) ? node.output(1) : node.output();
  const bool known = scores == nullptr || is_native_number(scores->type.dtype);
  if (!is_native_number(node.input(0)->type.dtype) || !known || targets < 1) return nullptr;
  Forest forest = forest_of(node, targets);
  if (!fits(forest, x.back())) return nullptr;
  Trees trees{combination_of(forest), x.back(), targets, {}, {}, {}, {}};
  TreeBuilder(forest, trees);
  trees.first.push_back(static_cast<std::int32_t>(trees.weights.size()));
  return std::make_unique<TreeStep>(node, std::move(forest), std::move(trees),
                                    x.size() == 1 ? 1 : x[0], lowering);
}

}  // namespace headway::cpu
