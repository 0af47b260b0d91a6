#include <array>

#include "families.h"

namespace headway::differential {
namespace {

// Classical machine learning: ai.onnx.ml.

constexpr std::string_view kMl = "ai.onnx.ml";

using Floats = std::vector<float>;
using Strings = std::vector<std::string>;

Floats floats(Builder& b, std::int64_t count) {
  const Tensor numbers = random_tensor(DType::kFloat32, {count}, Fill::kGrid, b.random());
  const std::span<const float> values = numbers.values<float>();
  return {values.begin(), values.end()};
}

/// Samples [N, features]. Not grown from other nodes: what decides by comparing stands first.
ValueId samples(Builder& b, std::int64_t features) {
  const DType dtype = b.pick(
      DTypeList{DType::kFloat32, DType::kFloat32, DType::kFloat64, DType::kInt64, DType::kInt32});
  return b.input(random_tensor(dtype, {b.between(1, 6), features}, Fill::kGrid, b.random()));
}

void scaler(Builder& b) {
  const std::int64_t features = b.between(1, 9);
  const std::int64_t count = b.chance(50) ? 1 : features;
  b.node("Scaler", {samples(b, features)},
         {{"offset", floats(b, count)}, {"scale", floats(b, count)}}, {DType::kFloat32}, kMl);
}

void normalizer(Builder& b) {
  b.node("Normalizer", {samples(b, b.between(1, 9))}, {{"norm", b.pick({"MAX", "L1", "L2"})}},
         {DType::kFloat32}, kMl);
}

void binarizer(Builder& b) {
  const ValueId x = b.input(random_tensor(DType::kFloat32, b.shape(1, 3), Fill::kGrid, b.random()));
  b.node("Binarizer", {x}, {{"threshold", b.pick(Floats{0, 0.5F, -1})}}, {}, kMl);
}

void imputer(Builder& b) {
  const std::int64_t features = b.between(1, 5);
  const bool whole = b.chance(40);
  const ValueId x =
      b.input(random_tensor(whole ? DType::kInt64 : DType::kFloat32, {b.between(1, 6), features},
                            whole ? Fill::kPlain : Fill::kSpecial, b.random()));
  const std::int64_t count = b.chance(50) ? 1 : features;
  Attributes attributes;
  if (whole) {
    attributes["imputed_value_int64s"] = Ints(static_cast<std::size_t>(count), b.between(-3, 3));
    attributes["replaced_value_int64"] = b.between(-2, 2);
  } else {
    attributes["imputed_value_floats"] = floats(b, count);
    attributes["replaced_value_float"] = b.chance(50) ? 0.0F : __builtin_nanf("");
  }
  b.node("Imputer", {x}, attributes, {}, kMl);
}

void one_hot_encoder(Builder& b) {
  const Tensor x = random_integers(DType::kInt64, b.shape(1, 2), 0, 5, b.random());
  b.node("OneHotEncoder", {b.input(x)}, {{"cats_int64s", Ints{4, 0, 2, 5}}}, {DType::kFloat32},
         kMl);
}

void label_encoder(Builder& b) {
  Attributes attributes = {{"keys_int64s", Ints{1, 3, 4}}};
  const bool to_floats = b.chance(50);
  if (to_floats) {
    attributes["values_floats"] = floats(b, 3);
    if (b.chance(50)) attributes["default_float"] = 2.5F;
  } else {
    attributes["values_int64s"] = Ints{7, -1, 0};
    if (b.chance(50)) attributes["default_int64"] = std::int64_t{9};
  }
  const Tensor x = random_integers(DType::kInt64, b.shape(1, 3), 0, 5, b.random());
  b.node("LabelEncoder", {b.input(x)}, attributes, {to_floats ? DType::kFloat32 : DType::kInt64},
         kMl);
}

void feature_extractor(Builder& b) {
  const ValueId x = b.value({DType::kFloat32, DType::kFloat64, DType::kInt64, DType::kInt32}, 1, 3);
  const std::int64_t features = b.shape_of(x).back();
  if (!b.has_elements(x)) return;
  b.node("ArrayFeatureExtractor",
         {x, b.input_or_constant(
                 random_integers(DType::kInt64, {b.between(1, 4)}, 0, features - 1, b.random()))},
         {}, {}, kMl);
}

void feature_vectorizer(Builder& b) {
  const std::int64_t rows = b.between(1, 4);
  const DType dtype = b.pick(DTypeList{DType::kFloat32, DType::kFloat64, DType::kInt64});
  std::vector<ValueId> inputs;
  Ints widths;
  for (std::int64_t i = b.between(1, 3); i > 0; --i) {
    widths.push_back(b.between(1, 4));
    inputs.push_back(b.operand(dtype, {rows, widths.back()}, Fill::kPlain));
  }
  b.node("FeatureVectorizer", inputs, {{"inputdimensions", widths}}, {DType::kFloat32}, kMl);
}

/// The standard does not say what becomes of a single score.
std::string transform(Builder& b, std::int64_t scores) {
  if (scores == 1) return "NONE";
  return b.pick({"NONE", "NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO"});
}

void linear_regressor(Builder& b) {
  const std::int64_t features = b.between(1, 9), targets = b.between(1, 4);
  Attributes attributes = {{"coefficients", floats(b, features * targets)}, {"targets", targets}};
  if (b.chance(60)) attributes["intercepts"] = floats(b, targets);
  attributes["post_transform"] = transform(b, targets);
  const ValueId x = b.input(
      random_tensor(DType::kFloat32, {b.between(1, 6), features}, Fill::kPlain, b.random()));
  b.node("LinearRegressor", {x}, attributes, {DType::kFloat32}, kMl);
}

/// Labels as whole numbers; strings could not be compared.
Ints labels(std::int64_t count) {
  Ints result;
  for (std::int64_t i = 0; i < count; ++i) result.push_back(3 * i - 2);
  return result;
}

void linear_classifier(Builder& b) {
  const std::int64_t features = b.between(1, 9), classes = b.between(2, 4);
  Attributes attributes = {{"coefficients", floats(b, features * classes)},
                           {"intercepts", floats(b, classes)},
                           {"classlabels_ints", labels(classes)},
                           {"post_transform", transform(b, classes)}};
  b.nodes("LinearClassifier", {samples(b, features)}, attributes, {DType::kInt64, DType::kFloat32},
          {}, kMl);
}

Attributes support_vectors(Builder& b, std::int64_t count, std::int64_t features) {
  const std::string kernel = b.pick({"LINEAR", "POLY", "RBF", "SIGMOID"});
  return {{"kernel_type", kernel},
          {"kernel_params", Floats{0.25F, 0.5F, kernel == "POLY" ? 2.0F : 0.0F}},
          {"support_vectors", floats(b, count * features)}};
}

void svm_regressor(Builder& b) {
  const std::int64_t features = b.between(1, 5), count = b.between(1, 5);
  Attributes attributes = support_vectors(b, count, features);
  attributes["coefficients"] = floats(b, count);
  attributes["n_supports"] = count;
  attributes["rho"] = Floats{0.375F};
  if (b.alone() && b.chance(20)) attributes["one_class"] = std::int64_t{1};
  const ValueId x =
      b.input(random_tensor(DType::kFloat32, {b.between(1, 6), features}, Fill::kUnit, b.random()));
  b.node("SVMRegressor", {x}, attributes, {DType::kFloat32}, kMl);
}

void svm_classifier(Builder& b) {
  const std::int64_t features = b.between(1, 5), classes = b.between(2, 4);
  const auto pairs = classes * (classes - 1) / 2;
  Ints sizes;
  std::int64_t count = 0;
  for (std::int64_t c = 0; c < classes; ++c) {
    sizes.push_back(b.between(1, 3));
    count += sizes.back();
  }
  Attributes attributes = support_vectors(b, count, features);
  attributes["vectors_per_class"] = sizes;
  attributes["coefficients"] = floats(b, count * (classes - 1));
  attributes["rho"] = floats(b, pairs);
  attributes["classlabels_ints"] = labels(classes);
  if (b.chance(40)) {
    attributes["prob_a"] = Floats(static_cast<std::size_t>(pairs), -1.5F);
    attributes["prob_b"] = Floats(static_cast<std::size_t>(pairs), 0.25F);
  }
  const ValueId x =
      b.input(random_tensor(DType::kFloat32, {b.between(1, 6), features}, Fill::kUnit, b.random()));
  b.nodes("SVMClassifier", {x}, attributes, {DType::kInt64, DType::kFloat32}, {}, kMl);
}

/// Random binary trees: every node splits with a chance that falls with its depth.
class Trees {
 public:
  Trees(Builder& b, std::int64_t features, std::int64_t targets, std::int64_t lowest_weight)
      : b_(b), lowest_weight_(lowest_weight) {
    for (tree_ = b.between(1, 4); tree_ > 0; --tree_) {
      next_ = 0;
      grow(features, targets, 0);
    }
  }

  Attributes attributes(const std::string& kind) const {
    return {{"nodes_treeids", trees_},        {"nodes_nodeids", ids_},
            {"nodes_featureids", features_},  {"nodes_values", splits_},
            {"nodes_modes", modes_},          {"nodes_truenodeids", yes_},
            {"nodes_falsenodeids", no_},      {"nodes_missing_value_tracks_true", missing_},
            {kind + "_treeids", leaf_trees_}, {kind + "_nodeids", leaf_ids_},
            {kind + "_ids", leaf_targets_},   {kind + "_weights", weights_}};
  }

 private:
  std::int64_t grow(std::int64_t features, std::int64_t targets, int depth) {
    const std::int64_t id = next_++;
    const std::size_t at = ids_.size();
    const bool splits = depth < 4 && b_.chance(80 - 15 * depth);
    trees_.push_back(tree_);
    ids_.push_back(id);
    features_.push_back(splits ? b_.between(0, features - 1) : 0);
    splits_.push_back(splits ? static_cast<float>(b_.between(-4, 4)) / 2 : 0);
    modes_.push_back(splits ? b_.pick({"BRANCH_LEQ", "BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE",
                                       "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"})
                            : "LEAF");
    missing_.push_back(splits ? b_.between(0, 1) : 0);
    yes_.push_back(0);
    no_.push_back(0);
    if (splits) {
      yes_[at] = grow(features, targets, depth + 1);
      no_[at] = grow(features, targets, depth + 1);
    } else {
      leaf_trees_.push_back(tree_);
      leaf_ids_.push_back(id);
      leaf_targets_.push_back(b_.between(0, targets - 1));
      weights_.push_back(static_cast<float>(b_.between(lowest_weight_, 8)) / 8);
    }
    return id;
  }

  Builder& b_;
  std::int64_t lowest_weight_, tree_ = 0, next_ = 0;
  Ints trees_, ids_, features_, yes_, no_, missing_, leaf_trees_, leaf_ids_, leaf_targets_;
  Floats splits_, weights_;
  Strings modes_;
};

void tree_regressor(Builder& b) {
  const std::int64_t features = b.between(1, 4), targets = b.between(1, 3);
  Attributes attributes = Trees(b, features, targets, -8).attributes("target");
  attributes["n_targets"] = targets;
  if (b.chance(60)) attributes["aggregate_function"] = b.pick({"SUM", "AVERAGE", "MIN", "MAX"});
  // Where several targets have base values, ONNX Runtime forgets those that no tree reaches.
  if (targets == 1 && b.chance(50)) attributes["base_values"] = floats(b, targets);
  attributes["post_transform"] = transform(b, targets);
  b.node("TreeEnsembleRegressor", {samples(b, features)}, attributes, {DType::kFloat32}, kMl);
}

void tree_classifier(Builder& b) {
  const std::int64_t features = b.between(1, 4), classes = b.between(2, 4);
  // Two classes share one score; where they do not, ONNX Runtime takes whatever is above zero for
  // the second.
  const std::int64_t scored = classes == 2 ? 1 : classes;
  // Below zero, ONNX Runtime prefers classes that a tree reached to those that none did.
  Attributes attributes =
      Trees(b, features, scored, classes == 2 && b.chance(50) ? -8 : 1).attributes("class");
  attributes["classlabels_int64s"] = labels(classes);
  attributes["post_transform"] = transform(b, scored);
  b.nodes("TreeEnsembleClassifier", {samples(b, features)}, attributes,
          {DType::kInt64, DType::kFloat32}, {}, kMl);
}

constexpr auto kGenerators = std::to_array<void (*)(Builder&)>(
    {scaler, normalizer, binarizer, imputer, one_hot_encoder, label_encoder, feature_extractor,
     feature_vectorizer, linear_regressor, linear_classifier, svm_regressor, svm_classifier,
     tree_regressor, tree_classifier});

}  // namespace

Family classical_family() {
  return {"classical", kGenerators};
}

}  // namespace headway::differential
