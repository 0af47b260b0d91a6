#include <algorithm>
#include <cmath>

#include "ops/families.h"
#include "ops/ml/forest.h"
#include "ops/rules.h"

namespace headway {
namespace {

using Aggregate = Forest::Aggregate;

bool goes_yes(const TreeNode& node, double x) {
  if (std::isnan(x) && node.missing_is_true) return true;
  switch (node.mode) {
    case TreeMode::kLessEqual:
      return x <= node.split;
    case TreeMode::kLess:
      return x < node.split;
    case TreeMode::kGreaterEqual:
      return x >= node.split;
    case TreeMode::kGreater:
      return x > node.split;
    case TreeMode::kEqual:
      return x == node.split;
    case TreeMode::kNotEqual:
      return x != node.split;
    case TreeMode::kMember:
      return std::ranges::find(node.members, x) != node.members.end();
    case TreeMode::kLeaf:
      break;
  }
  return false;
}

const TreeNode& leaf_of(const Node& node, const Forest& forest, std::size_t root, const double* x,
                        std::int64_t features) {
  const TreeNode* at = &forest.nodes[root];
  while (at->mode != TreeMode::kLeaf) {
    if (at->feature < 0 || at->feature >= features) refuse_trees(node);
    at = &forest.nodes[goes_yes(*at, x[at->feature]) ? at->yes : at->no];
  }
  return *at;
}

/// The scores of one sample: base + aggregate over the trees.
std::vector<double> scores_of(const Node& node, const Forest& forest, std::int64_t targets,
                              const double* x, std::int64_t features) {
  std::vector<double> scores(static_cast<std::size_t>(targets), 0.0);
  std::vector<bool> seen(scores.size(), false);
  for (const std::size_t root : forest.roots) {
    for (const auto& [target, weight] : leaf_of(node, forest, root, x, features).leaf) {
      double& score = scores[target];
      const bool first = !seen[target];
      seen[target] = true;
      if (forest.aggregate == Aggregate::kMin) {
        score = first ? weight : std::min(score, weight);
      } else if (forest.aggregate == Aggregate::kMax) {
        score = first ? weight : std::max(score, weight);
      } else {
        score += weight;
      }
    }
  }
  forest.finish(scores);
  return scores;
}

void infer_ensemble(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  infer_scores(context, 0, context.input(0).dtype, context.node().get_int("n_targets", 1));
}

void infer_regressor(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  infer_scores(context, 0, DType::kFloat32, context.node().get_int("n_targets", 1));
}

void run_regressor(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const std::int64_t targets = outputs[0].shape().back();
  const Forest forest = forest_of(node, targets);
  const Samples samples(inputs[0]);
  dispatch_floats(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    T* out = outputs[0].data<T>();
    for (std::int64_t row = 0; row < samples.rows; ++row) {
      std::vector<double> scores =
          scores_of(node, forest, targets, samples.row(row), samples.features);
      transform_scores(forest.transform, scores);
      for (const double score : scores) *out++ = store<T>(score);
    }
  });
}

void infer_classifier(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  const ClassLabels labels(context.node(), "classlabels_int64s");
  infer_scores(context, 1, DType::kFloat32, static_cast<std::int64_t>(labels.size()));
  infer_labels(context, labels);
}

void run_classifier(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const ClassLabels labels(node, "classlabels_int64s");
  const auto classes = static_cast<std::int64_t>(labels.size());
  const Forest forest = forest_of(node, classes);
  const ClassDecision decide(node, forest, labels.size());
  const Samples samples(inputs[0]);
  for (std::int64_t row = 0; row < samples.rows; ++row) {
    std::vector<double> scores =
        scores_of(node, forest, classes, samples.row(row), samples.features);
    const std::size_t label = decide(scores);
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
           run_regressor},
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
