#include "node_testing.h"

namespace headway {
namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;
using Strings = std::vector<std::string>;

constexpr std::int64_t kFeatures = 4;

/// Multiples of a half, so that samples meet splits exactly, and what no comparison holds for.
float split(Random& random) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kOdd[] = {kInfinity, -kInfinity, NAN, -0.0F};
  if (random.below(8) == 0) return kOdd[random.below(4)];
  return static_cast<float>(random.below(8)) / 2 - 2;
}

Tensor samples(std::int64_t rows, Random& random) {
  Tensor x = Tensor::allocate(DType::kFloat32, {rows, kFeatures});
  for (float& value : x.values<float>()) value = split(random);
  return x;
}

/// Grows one tree below a node: how it branches, and what its leaves weigh.
class Grower {
 public:
  Grower(std::string kind, std::int64_t targets, Random& random)
      : kind_(std::move(kind)), targets_(targets), random_(random) {}

  void grow(std::int64_t tree) {
    next_ = 0;
    tree_ = tree;
    node(0);
  }

  Attributes attributes() const {
    return {{"nodes_treeids", trees_},
            {"nodes_nodeids", nodes_},
            {"nodes_featureids", features_},
            {"nodes_modes", modes_},
            {"nodes_values", splits_},
            {"nodes_truenodeids", yes_},
            {"nodes_falsenodeids", no_},
            {"nodes_missing_value_tracks_true", missing_},
            {kind_ + "_treeids", leaf_trees_},
            {kind_ + "_nodeids", leaf_nodes_},
            {kind_ + "_ids", ids_},
            {kind_ + "_weights", weights_}};
  }

 private:
  std::int64_t node(int depth) {
    constexpr const char* kModes[] = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE",
                                      "BRANCH_GT",  "BRANCH_EQ", "BRANCH_NEQ"};
    const std::int64_t id = next_++;
    const std::size_t at = nodes_.size();
    const bool leaf = depth == 6 || random_.below(5) == 0;
    trees_.push_back(tree_);
    nodes_.push_back(id);
    features_.push_back(static_cast<std::int64_t>(random_.below(kFeatures)));
    modes_.push_back(leaf ? "LEAF" : kModes[random_.below(6)]);
    splits_.push_back(split(random_));
    missing_.push_back(static_cast<std::int64_t>(random_.below(2)));
    yes_.push_back(0);
    no_.push_back(0);
    if (leaf) {
      weigh(id);
    } else {
      yes_[at] = node(depth + 1);
      no_[at] = node(depth + 1);
    }
    return id;
  }

  void weigh(std::int64_t id) {
    for (std::uint64_t i = random_.below(3); i > 0; --i) {
      leaf_trees_.push_back(tree_);
      leaf_nodes_.push_back(id);
      ids_.push_back(
          static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(targets_))));
      weights_.push_back(random_.normal());
    }
  }

  std::string kind_;
  std::int64_t targets_, next_ = 0, tree_ = 0;
  Random& random_;
  Ints trees_, nodes_, features_, yes_, no_, missing_, leaf_trees_, leaf_nodes_, ids_;
  Strings modes_;
  Floats splits_, weights_;
};

Attributes forest(const std::string& kind, std::int64_t targets, Random& random) {
  Grower grower(kind, targets, random);
  const auto trees = static_cast<std::int64_t>(1 + random.below(80));
  for (std::int64_t tree = 0; tree < trees; ++tree) grower.grow(tree);
  return grower.attributes();
}

std::int64_t some_rows(int i) {
  return i % 3 == 0 ? 1 : i % 3 == 1 ? 5 : 200;
}

TEST(TreeOperators, Regressor) {
  Random random(1);
  for (int i = 0; i < 30; ++i) {
    const std::int64_t targets = 1 + i % 4;
    Attributes attributes = forest("target", targets, random);
    attributes["n_targets"] = targets;
    attributes["aggregate_function"] =
        std::string(std::array{"SUM", "AVERAGE", "MIN", "MAX"}[random.below(4)]);
    attributes["post_transform"] = std::string(std::array{"NONE", "LOGISTIC", "SOFTMAX"}[i % 3]);
    if (i % 2 == 0) attributes["base_values"] = Floats(static_cast<std::size_t>(targets), 0.5F);
    expect_near_reference({.op = "TreeEnsembleRegressor",
                           .inputs = {samples(some_rows(i), random)},
                           .attributes = attributes,
                           .domain = "ai.onnx.ml"},
                          1e-6);
  }
}

TEST(TreeOperators, Classifier) {
  Random random(2);
  for (int i = 0; i < 30; ++i) {
    const std::int64_t classes = 2 + i % 3;
    Attributes attributes = forest("class", i % 4 == 0 ? 1 : classes, random);
    Ints labels;
    for (std::int64_t label = 0; label < classes; ++label) labels.push_back(10 * label - 7);
    attributes["classlabels_int64s"] = labels;
    attributes["post_transform"] = std::string(std::array{"NONE", "LOGISTIC", "SOFTMAX"}[i % 3]);
    if (i % 5 == 0) attributes["base_values"] = Floats{0.25F};
    expect_near_reference({.op = "TreeEnsembleClassifier",
                           .inputs = {samples(some_rows(i), random)},
                           .attributes = attributes,
                           .outputs = 2,
                           .domain = "ai.onnx.ml"},
                          1e-6);
  }
}

TEST(LinearModels, AreAProduct) {
  Random random(4);
  for (int i = 0; i < 40; ++i) {
    const bool classifies = i % 2 == 0;
    const auto features = static_cast<std::int64_t>(1 + random.below(60));
    const auto targets = static_cast<std::int64_t>((classifies ? 2 : 1) + random.below(20));
    Floats coefficients(static_cast<std::size_t>(features * targets)), intercepts;
    for (float& coefficient : coefficients) coefficient = random.normal();
    for (std::int64_t target = 0; i % 3 != 0 && target < targets; ++target)
      intercepts.push_back(random.normal());
    Ints labels;
    for (std::int64_t label = 0; label < targets; ++label) labels.push_back(3 * label);
    Attributes attributes = {
        {"coefficients", coefficients},
        {"post_transform",
         std::string(std::array{"NONE", "LOGISTIC", "SOFTMAX"}[random.below(3)])}};
    if (!intercepts.empty()) attributes["intercepts"] = intercepts;
    if (classifies) attributes["classlabels_ints"] = labels;
    if (!classifies) attributes["targets"] = targets;
    expect_near_reference({.op = classifies ? "LinearClassifier" : "LinearRegressor",
                           .inputs = {random_tensor({some_rows(i), features}, random.next())},
                           .attributes = attributes,
                           .outputs = classifies ? 2U : 1U,
                           .domain = "ai.onnx.ml"},
                          1e-5);
  }
}

/// A root that asks whether x[1] is one of some numbers, and two leaves.
TEST(TreeOperators, Membership) {
  Random random(3);
  for (const bool missing : {false, true}) {
    const Attributes attributes = {
        {"n_targets", std::int64_t{1}},
        {"nodes_featureids", Ints{1}},
        {"nodes_modes", Tensor::from<std::uint8_t>({1}, {6})},
        {"nodes_splits", Tensor::from<float>({1}, {0})},
        {"nodes_truenodeids", Ints{0}},
        {"nodes_falsenodeids", Ints{1}},
        {"nodes_trueleafs", Ints{1}},
        {"nodes_falseleafs", Ints{1}},
        {"nodes_missing_value_tracks_true", Ints{missing ? 1 : 0}},
        {"membership_values", Tensor::from<float>({4}, {-0.5F, 1, 1.5F, NAN})},
        {"leaf_targetids", Ints{0, 0}},
        {"leaf_weights", Tensor::from<float>({2}, {3, 4})},
        {"tree_roots", Ints{0}}};
    expect_same_as_reference({.op = "TreeEnsemble",
                              .inputs = {samples(50, random)},
                              .attributes = attributes,
                              .domain = "ai.onnx.ml"});
  }
}

}  // namespace
}  // namespace headway
