#include <algorithm>
#include <cmath>
#include <map>

#include "ops/families.h"
#include "ops/ml/attributes.h"
#include "ops/rules.h"

namespace headway {
namespace {

enum class Mode { kLessEqual, kLess, kGreaterEqual, kGreater, kEqual, kNotEqual, kMember, kLeaf };

struct TreeNode {
  Mode mode = Mode::kLeaf;
  std::int64_t feature = 0;
  double split = 0.0;
  std::vector<double> members;
  bool missing_is_true = false;
  std::size_t yes = 0, no = 0;                            ///< Indices of nodes.
  std::vector<std::pair<std::size_t, double>> leaf = {};  ///< Target and weight.
};

struct Forest {
  std::vector<TreeNode> nodes;
  std::vector<std::size_t> roots;
};

[[noreturn]] void refuse(const Node& node) {
  fail(ErrorCode::kInvalidModel, node.described(), ": its attributes do not describe trees");
}

template <typename List>
auto element(const Node& node, const List& list, std::size_t index) {
  if (index >= list.size()) refuse(node);
  return list[index];
}

bool goes_yes(const TreeNode& node, double x) {
  if (std::isnan(x) && node.missing_is_true) return true;
  switch (node.mode) {
    case Mode::kLessEqual:
      return x <= node.split;
    case Mode::kLess:
      return x < node.split;
    case Mode::kGreaterEqual:
      return x >= node.split;
    case Mode::kGreater:
      return x > node.split;
    case Mode::kEqual:
      return x == node.split;
    case Mode::kNotEqual:
      return x != node.split;
    case Mode::kMember:
      return std::ranges::find(node.members, x) != node.members.end();
    case Mode::kLeaf:
      break;
  }
  return false;
}

/// Every path must end: a node's children are never among its ancestors.
void check(const Node& node, const Forest& forest, std::int64_t targets) {
  std::vector<int> state(forest.nodes.size(), 0);  // 0 unseen, 1 on the way, 2 done
  std::vector<std::size_t> way;
  for (const std::size_t root : forest.roots) {
    if (root >= forest.nodes.size()) refuse(node);
    if (state[root] == 0) way.push_back(root);
    while (!way.empty()) {
      const std::size_t at = way.back();
      const TreeNode& here = forest.nodes[at];
      for (const auto& [target, weight] : here.leaf)
        if (target >= static_cast<std::size_t>(targets)) refuse(node);
      if (state[at] == 0 && here.mode != Mode::kLeaf) {
        state[at] = 1;
        for (const std::size_t child : {here.yes, here.no}) {
          if (child >= forest.nodes.size() || state[child] == 1) refuse(node);
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
    if (id < 0) refuse(node);
    return static_cast<std::size_t>(id) + (element(node, leaves, i) != 0 ? features.size() : 0);
  };
  for (std::size_t i = 0; i < features.size(); ++i) {
    const std::int64_t mode = element(node, modes, i);
    if (mode < 0 || mode > 6) refuse(node);
    TreeNode fresh{static_cast<Mode>(mode), features[i], element(node, splits, i), {}};
    for (; fresh.mode == Mode::kMember && member != members.end(); ++member) {
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

Mode mode_of(const Node& node, const std::string& name) {
  static const std::map<std::string, Mode> kModes = {
      {"BRANCH_LEQ", Mode::kLessEqual},    {"BRANCH_LT", Mode::kLess},
      {"BRANCH_GTE", Mode::kGreaterEqual}, {"BRANCH_GT", Mode::kGreater},
      {"BRANCH_EQ", Mode::kEqual},         {"BRANCH_NEQ", Mode::kNotEqual},
      {"BRANCH_MEMBER", Mode::kMember},    {"LEAF", Mode::kLeaf}};
  const auto found = kModes.find(name);
  if (found == kModes.end()) refuse(node);
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
    if (found == places.end()) refuse(node);
    return found->second;
  };
  for (std::size_t i = 0; i < ids.size(); ++i) {
    TreeNode fresh;
    fresh.mode = mode_of(node, element(node, modes, i));
    if (fresh.mode != Mode::kLeaf) {
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

enum class Aggregate { kAverage, kSum, kMin, kMax };

const TreeNode& leaf_of(const Node& node, const Forest& forest, std::size_t root, const double* x,
                        std::int64_t features) {
  const TreeNode* at = &forest.nodes[root];
  while (at->mode != Mode::kLeaf) {
    if (at->feature < 0 || at->feature >= features) refuse(node);
    at = &forest.nodes[goes_yes(*at, x[at->feature]) ? at->yes : at->no];
  }
  return *at;
}

/// The scores of one sample: base + aggregate over the trees.
std::vector<double> scores_of(const Node& node, const Forest& forest, Aggregate aggregate,
                              std::span<const double> base, std::int64_t targets, const double* x,
                              std::int64_t features) {
  std::vector<double> scores(static_cast<std::size_t>(targets), 0.0);
  std::vector<bool> seen(scores.size(), false);
  for (const std::size_t root : forest.roots) {
    for (const auto& [target, weight] : leaf_of(node, forest, root, x, features).leaf) {
      double& score = scores[target];
      const bool first = !seen[target];
      seen[target] = true;
      if (aggregate == Aggregate::kMin || aggregate == Aggregate::kMax) {
        const double better =
            aggregate == Aggregate::kMin ? std::min(score, weight) : std::max(score, weight);
        score = first ? weight : better;
      } else {
        score += weight;
      }
    }
  }
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (aggregate == Aggregate::kAverage) scores[i] /= static_cast<double>(forest.roots.size());
    if (i < base.size()) scores[i] += base[i];
  }
  return scores;
}

Aggregate aggregate_of(const Node& node) {
  const std::string name = node.get_string("aggregate_function", "SUM");
  if (name == "SUM") return Aggregate::kSum;
  if (name == "AVERAGE") return Aggregate::kAverage;
  if (name == "MIN") return Aggregate::kMin;
  if (name == "MAX") return Aggregate::kMax;
  refuse(node);
}

/// All samples through a forest, each row of scores transformed.
void regress(const Node& node, const Forest& forest, Aggregate aggregate, PostTransform transform,
             std::span<const double> base, const Tensor& x, Tensor& y) {
  const std::int64_t targets = y.shape().back();
  check(node, forest, targets);
  const Samples samples(x);
  dispatch_floats(y.dtype(), [&]<typename T>(std::type_identity<T>) {
    T* out = y.data<T>();
    for (std::int64_t row = 0; row < samples.rows; ++row) {
      std::vector<double> scores =
          scores_of(node, forest, aggregate, base, targets, samples.row(row), samples.features);
      transform_scores(transform, scores);
      for (const double score : scores) *out++ = store<T>(score);
    }
  });
}

void infer_ensemble(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  infer_scores(context, 0, context.input(0).dtype, context.node().get_int("n_targets", 1));
}

void run_ensemble(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const std::int64_t aggregate = node.get_int("aggregate_function", 1);
  const std::int64_t transform = node.get_int("post_transform", 0);
  if (aggregate < 0 || aggregate > 3) refuse(node);
  if (transform < 0 || transform > 3)
    fail(ErrorCode::kUnsupported, node.described(), ": post_transform PROBIT is not supported");
  regress(node, read_ensemble(node), static_cast<Aggregate>(aggregate),
          static_cast<PostTransform>(transform), {}, inputs[0], outputs[0]);
}

void infer_regressor(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  infer_scores(context, 0, DType::kFloat32, context.node().get_int("n_targets", 1));
}

void run_regressor(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  regress(node, read_legacy(node, "target"), aggregate_of(node), post_transform_of(node),
          doubles_of(node, "base_values"), inputs[0], outputs[0]);
}

void infer_classifier(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  const ClassLabels labels(context.node(), "classlabels_int64s");
  infer_scores(context, 1, DType::kFloat32, static_cast<std::int64_t>(labels.size()));
  infer_labels(context, labels);
}

/// A single score that stands for two classes, as ONNX Runtime reads it: a probability if no weight
/// is negative, a margin otherwise. Returns the label.
std::size_t split_score(double score, bool is_probability, PostTransform transform,
                        std::vector<double>& scores) {
  if (is_probability) {
    scores = {1.0 - score, score};
    return score > 0.5 ? 1 : 0;
  }
  scores = transform == PostTransform::kLogistic
               ? std::vector<double>{logistic(-score), logistic(score)}
               : std::vector<double>{-score, score};
  return score > 0.0 ? 1 : 0;
}

void run_classifier(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const Forest forest = read_legacy(node, "class");
  const ClassLabels labels(node, "classlabels_int64s");
  const auto classes = static_cast<std::int64_t>(labels.size());
  check(node, forest, classes);
  const std::vector<std::int64_t> ids = node.get_ints("class_ids", {});
  const bool single = classes == 2 && !ids.empty() && ids[0] >= 0 && ids[0] < classes &&
                      std::ranges::all_of(ids, [&](std::int64_t id) { return id == ids[0]; });
  const std::vector<double> weights = doubles_of(node, "class_weights");
  const bool positive = std::ranges::all_of(weights, [](double weight) { return weight >= 0; });
  const std::vector<double> base = doubles_of(node, "base_values");
  const PostTransform transform = post_transform_of(node);
  const Samples samples(inputs[0]);
  for (std::int64_t row = 0; row < samples.rows; ++row) {
    std::vector<double> scores =
        scores_of(node, forest, Aggregate::kSum, base, classes, samples.row(row), samples.features);
    std::size_t label;
    if (single) {
      const auto id = static_cast<std::size_t>(ids[0]);
      label = split_score(scores[id] + (base.size() == 1 && id != 0 ? base[0] : 0.0), positive,
                          transform, scores);
    } else {
      label = static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin());
      transform_scores(transform, scores);
    }
    if (outputs[0].defined()) labels.write(label, outputs[0], row);
    if (outputs.size() > 1 && outputs[1].defined())
      std::ranges::copy(scores, outputs[1].data<float>() + row * classes);
  }
}

std::vector<AttributeSpec> legacy_attributes(std::vector<AttributeSpec> more) {
  using enum AttributeKind;
  std::vector<AttributeSpec> specs = {{"base_values", kFloats},
                                      {"base_values_as_tensor", kTensor},
                                      {"nodes_falsenodeids", kInts},
                                      {"nodes_featureids", kInts},
                                      {"nodes_hitrates", kFloats},
                                      {"nodes_hitrates_as_tensor", kTensor},
                                      {"nodes_missing_value_tracks_true", kInts},
                                      {"nodes_modes", kStrings},
                                      {"nodes_nodeids", kInts},
                                      {"nodes_treeids", kInts},
                                      {"nodes_truenodeids", kInts},
                                      {"nodes_values", kFloats},
                                      {"nodes_values_as_tensor", kTensor},
                                      {"post_transform", kString}};
  specs.insert(specs.end(), more.begin(), more.end());
  return specs;
}

}  // namespace

std::vector<Operator> ml_tree_operators() {
  using enum AttributeKind;
  return {{"TreeEnsemble",
           kMlDomain,
           5,
           1,
           1,
           1,
           1,
           {{"aggregate_function", kInt},
            {"leaf_targetids", kInts, true},
            {"leaf_weights", kTensor, true},
            {"membership_values", kTensor},
            {"n_targets", kInt},
            {"nodes_falseleafs", kInts, true},
            {"nodes_falsenodeids", kInts, true},
            {"nodes_featureids", kInts, true},
            {"nodes_hitrates", kTensor},
            {"nodes_missing_value_tracks_true", kInts},
            {"nodes_modes", kTensor, true},
            {"nodes_splits", kTensor, true},
            {"nodes_trueleafs", kInts, true},
            {"nodes_truenodeids", kInts, true},
            {"post_transform", kInt},
            {"tree_roots", kInts, true}},
           infer_ensemble,
           run_ensemble},
          {"TreeEnsembleClassifier", kMlDomain, 3, 1, 1, 1, 2,
           legacy_attributes({{"class_ids", kInts},
                              {"class_nodeids", kInts},
                              {"class_treeids", kInts},
                              {"class_weights", kFloats},
                              {"class_weights_as_tensor", kTensor},
                              {"classlabels_int64s", kInts},
                              {"classlabels_strings", kStrings}}),
           infer_classifier, run_classifier},
          {"TreeEnsembleRegressor", kMlDomain, 3, 1, 1, 1, 1,
           legacy_attributes({{"aggregate_function", kString},
                              {"n_targets", kInt},
                              {"target_ids", kInts},
                              {"target_nodeids", kInts},
                              {"target_treeids", kInts},
                              {"target_weights", kFloats},
                              {"target_weights_as_tensor", kTensor}}),
           infer_regressor, run_regressor}};
}

}  // namespace headway
