#include "ops/ml/forest.h"

#include <algorithm>
#include <map>

#include "ops/rules.h"

namespace headway {
namespace {

using Aggregate = Forest::Aggregate;

template <typename List>
auto element(const Node& node, const List& list, std::size_t index) {
  if (index >= list.size()) refuse_trees(node);
  return list[index];
}

/// Every path must end: a node's children are never among its ancestors.
void check(const Node& node, const Forest& forest, std::int64_t targets) {
  std::vector<int> state(forest.nodes.size(), 0);  // 0 unseen, 1 on the way, 2 done
  std::vector<std::size_t> way;
  for (const std::size_t root : forest.roots) {
    if (root >= forest.nodes.size()) refuse_trees(node);
    if (state[root] == 0) way.push_back(root);
    while (!way.empty()) {
      const std::size_t at = way.back();
      const TreeNode& here = forest.nodes[at];
      for (const auto& [target, weight] : here.leaf)
        if (target >= static_cast<std::size_t>(targets)) refuse_trees(node);
      if (state[at] == 0 && here.mode != TreeMode::kLeaf) {
        state[at] = 1;
        for (const std::size_t child : {here.yes, here.no}) {
          if (child >= forest.nodes.size() || state[child] == 1) refuse_trees(node);
          if (state[child] == 0) way.push_back(child);
        }
        continue;
      }
      state[at] = 2;
      way.pop_back();
    }
  }
}

/// The attributes of TreeEnsemble, version 5: inner nodes and leaves are numbered apart.
Forest read_ensemble(const Node& node) {
  Forest forest;
  const std::vector<std::int64_t> features = node.get_ints("nodes_featureids", {});
  const std::vector<std::int64_t> modes = to_ints(tensor_of(node, "nodes_modes"));
  const std::vector<double> splits = to_doubles(tensor_of(node, "nodes_splits"));
  const auto missing = node.get_ints("nodes_missing_value_tracks_true", {});
  const Tensor member_tensor = tensor_of(node, "membership_values");
  const std::vector<double> members =
      member_tensor.defined() ? to_doubles(member_tensor) : std::vector<double>();
  auto member = members.begin();
  const auto yes = node.get_ints("nodes_truenodeids", {}),
             no = node.get_ints("nodes_falsenodeids", {});
  const auto yes_leaf = node.get_ints("nodes_trueleafs", {});
  const auto no_leaf = node.get_ints("nodes_falseleafs", {});
  const auto child = [&](const auto& ids, const auto& leaves, std::size_t i) {
    const std::int64_t id = element(node, ids, i);
    if (id < 0) refuse_trees(node);
    return static_cast<std::size_t>(id) + (element(node, leaves, i) != 0 ? features.size() : 0);
  };
  for (std::size_t i = 0; i < features.size(); ++i) {
    const std::int64_t mode = element(node, modes, i);
    if (mode < 0 || mode > 6) refuse_trees(node);
    TreeNode fresh{static_cast<TreeMode>(mode), features[i], element(node, splits, i), {}};
    for (; fresh.mode == TreeMode::kMember && member != members.end(); ++member) {
      if (std::isnan(*member)) {
        ++member;
        break;
      }
      fresh.members.push_back(*member);
    }
    fresh.missing_is_true = i < missing.size() && missing[i] != 0;
    fresh.yes = child(yes, yes_leaf, i);
    fresh.no = child(no, no_leaf, i);
    forest.nodes.push_back(std::move(fresh));
  }
  const std::vector<double> weights = to_doubles(tensor_of(node, "leaf_weights"));
  const std::vector<std::int64_t> targets = node.get_ints("leaf_targetids", {});
  for (std::size_t i = 0; i < targets.size(); ++i) {
    forest.nodes.push_back({});
    forest.nodes.back().leaf = {{static_cast<std::size_t>(targets[i]), element(node, weights, i)}};
  }
  for (const std::int64_t root : node.get_ints("tree_roots", {}))
    forest.roots.push_back(static_cast<std::size_t>(root));
  return forest;
}

TreeMode mode_of(const Node& node, const std::string& name) {
  static const std::map<std::string, TreeMode> kModes = {
      {"BRANCH_LEQ", TreeMode::kLessEqual},    {"BRANCH_LT", TreeMode::kLess},
      {"BRANCH_GTE", TreeMode::kGreaterEqual}, {"BRANCH_GT", TreeMode::kGreater},
      {"BRANCH_EQ", TreeMode::kEqual},         {"BRANCH_NEQ", TreeMode::kNotEqual},
      {"BRANCH_MEMBER", TreeMode::kMember},    {"LEAF", TreeMode::kLeaf}};
  const auto found = kModes.find(name);
  if (found == kModes.end()) refuse_trees(node);
  return found->second;
}

/// The attributes of versions 1 and 3, where `kind` ("target" or "class") says what leaves are for.
Forest read_legacy(const Node& node, const std::string& kind) {
  Forest forest;
  const auto trees = node.get_ints("nodes_treeids", {}), ids = node.get_ints("nodes_nodeids", {});
  const auto features = node.get_ints("nodes_featureids", {});
  const auto yes = node.get_ints("nodes_truenodeids", {});
  const auto no = node.get_ints("nodes_falsenodeids", {});
  const auto missing = node.get_ints("nodes_missing_value_tracks_true", {});
  const auto modes = strings_of(node, "nodes_modes");
  const auto splits = doubles_of(node, "nodes_values");
  std::map<std::pair<std::int64_t, std::int64_t>, std::size_t> places;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::int64_t tree = element(node, trees, i);
    if (i == 0 || tree != trees[i - 1]) forest.roots.push_back(i);
    places[{tree, ids[i]}] = i;
  }
  const auto place = [&](std::int64_t tree, std::int64_t id) {
    const auto found = places.find({tree, id});
    if (found == places.end()) refuse_trees(node);
    return found->second;
  };
  for (std::size_t i = 0; i < ids.size(); ++i) {
    TreeNode fresh;
    fresh.mode = mode_of(node, element(node, modes, i));
    if (fresh.mode != TreeMode::kLeaf) {
      fresh.feature = element(node, features, i);
      fresh.split = element(node, splits, i);
      fresh.yes = place(trees[i], element(node, yes, i));
      fresh.no = place(trees[i], element(node, no, i));
      fresh.missing_is_true = i < missing.size() && missing[i] != 0;
    }
    forest.nodes.push_back(std::move(fresh));
  }
  const auto leaf_trees = node.get_ints(kind + "_treeids", {});
  const auto leaf_ids = node.get_ints(kind + "_nodeids", {});
  const auto targets = node.get_ints(kind + "_ids", {});
  const auto weights = doubles_of(node, kind + "_weights");
  for (std::size_t i = 0; i < targets.size(); ++i) {
    TreeNode& leaf = forest.nodes[place(element(node, leaf_trees, i), element(node, leaf_ids, i))];
    leaf.leaf.emplace_back(static_cast<std::size_t>(targets[i]), element(node, weights, i));
  }
  return forest;
}

Aggregate aggregate_of(const Node& node) {
  const std::string name = node.get_string("aggregate_function", "SUM");
  if (name == "SUM") return Aggregate::kSum;
  if (name == "AVERAGE") return Aggregate::kAverage;
  if (name == "MIN") return Aggregate::kMin;
  if (name == "MAX") return Aggregate::kMax;
  refuse_trees(node);
}

void read_finish(const Node& node, Forest& forest) {
  const std::int64_t aggregate = node.get_int("aggregate_function", 1);
  const std::int64_t transform = node.get_int("post_transform", 0);
  if (aggregate < 0 || aggregate > 3) refuse_trees(node);
  if (transform < 0 || transform > 3)
    fail(ErrorCode::kUnsupported, node.described(), ": post_transform PROBIT is not supported");
  forest.aggregate = static_cast<Aggregate>(aggregate);
  forest.transform = static_cast<PostTransform>(transform);
}

void read_legacy_finish(const Node& node, Forest& forest) {
  if (node.is("TreeEnsembleRegressor", kMlDomain)) forest.aggregate = aggregate_of(node);
  forest.transform = post_transform_of(node);
  forest.base = doubles_of(node, "base_values");
}

}  // namespace

void refuse_trees(const Node& node) {
  fail(ErrorCode::kInvalidModel, node.described(), ": its attributes do not describe trees");
}

void Forest::finish(std::span<double> scores) const {
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (aggregate == Aggregate::kAverage) scores[i] /= static_cast<double>(roots.size());
    if (i < base.size()) scores[i] += base[i];
  }
}

Forest forest_of(const Node& node, std::int64_t targets) {
  Forest forest;
  if (node.is("TreeEnsemble", kMlDomain)) {
    forest = read_ensemble(node);
    read_finish(node, forest);
  } else {
    forest = read_legacy(node, node.is("TreeEnsembleClassifier", kMlDomain) ? "class" : "target");
    read_legacy_finish(node, forest);
  }
  check(node, forest, targets);
  return forest;
}

ClassDecision::ClassDecision(const Node& node, const Forest& forest, std::size_t classes)
    : transform_(forest.transform) {
  const std::vector<std::int64_t> ids = node.get_ints("class_ids", {});
  const auto is_first = [&](std::int64_t id) { return id == ids[0]; };
  single_ = classes == 2 && !ids.empty() && ids[0] >= 0 && ids[0] < 2 &&
            std::ranges::all_of(ids, is_first);
  positive_ = std::ranges::all_of(doubles_of(node, "class_weights"),
                                  [](double weight) { return weight >= 0; });
  if (single_) id_ = static_cast<std::size_t>(ids[0]);
  if (forest.base.size() == 1 && id_ != 0) base_ = forest.base[0];
}

std::size_t ClassDecision::operator()(std::span<double> scores) const {
  if (single_) return split(scores[id_] + base_, scores);
  const auto label = static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin());
  transform_scores(transform_, scores);
  return label;
}

/// A single score that stands for two classes, as ONNX Runtime reads it: a probability if no weight
/// is negative, a margin otherwise.
std::size_t ClassDecision::split(double score, std::span<double> scores) const {
  if (positive_) {
    scores[0] = 1.0 - score;
    scores[1] = score;
    return score > 0.5 ? 1 : 0;
  }
  const bool logistic_ = transform_ == PostTransform::kLogistic;
  scores[0] = logistic_ ? logistic(-score) : -score;
  scores[1] = logistic_ ? logistic(score) : score;
  return score > 0.0 ? 1 : 0;
}

}  // namespace headway
