#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "ops/ml/attributes.h"
#include "ops/op_testing.h"

namespace headway {
namespace {

using Ints = std::vector<std::int64_t>;
using Strings = std::vector<std::string>;

std::vector<Tensor> run_ml(const char* op_type, const std::vector<Tensor>& inputs,
                           Attributes attributes, std::size_t outputs = 1) {
  Graph graph;
  std::vector<Value*> values;
  for (const Tensor& input : inputs)
    values.push_back(graph.add_input("", {input.dtype(), to_symbolic(input.shape())}));
  const Node* node = graph.add_node(op_type, values, std::vector<std::string>(outputs),
                                    std::move(attributes), "", kMlDomain);
  return run_reference(*node, inputs);
}

/// x0 <= 0.5 ? (x1 < 2 ? leaf 2 : leaf 3) : leaf 4
Attributes tree(const std::string& kind, std::vector<float> weights) {
  return {{"nodes_treeids", Ints{0, 0, 0, 0, 0}},
          {"nodes_nodeids", Ints{0, 1, 2, 3, 4}},
          {"nodes_featureids", Ints{0, 1, 0, 0, 0}},
          {"nodes_values", std::vector<float>{0.5f, 2, 0, 0, 0}},
          {"nodes_modes", Strings{"BRANCH_LEQ", "BRANCH_LT", "LEAF", "LEAF", "LEAF"}},
          {"nodes_truenodeids", Ints{1, 2, 0, 0, 0}},
          {"nodes_falsenodeids", Ints{4, 3, 0, 0, 0}},
          {kind + "_treeids", Ints{0, 0, 0}},
          {kind + "_nodeids", Ints{2, 3, 4}},
          {kind + "_ids", Ints{0, 0, 0}},
          {kind + "_weights", std::move(weights)}};
}

TEST(Trees, FollowTheirBranches) {
  const Tensor x = Tensor::from<float>({3, 2}, {0.5f, 1, 0, 2, 1, 0});
  const Tensor y = run_ml("TreeEnsembleRegressor", {x}, tree("target", {10, 20, 30}))[0];
  expect_near(y, Tensor::from<float>({3, 1}, {10, 20, 30}), 0.0);
}

TEST(Trees, AMissingValueGoesWhereTheNodeSays) {
  const Tensor x = Tensor::from<float>({1, 2}, {std::numeric_limits<float>::quiet_NaN(), 0});
  Attributes attributes = tree("target", {10, 20, 30});
  expect_near(run_ml("TreeEnsembleRegressor", {x}, attributes)[0],
              Tensor::from<float>({1, 1}, {30}), 0.0);
  attributes["nodes_missing_value_tracks_true"] = Ints{1, 0, 0, 0, 0};
  expect_near(run_ml("TreeEnsembleRegressor", {x}, attributes)[0],
              Tensor::from<float>({1, 1}, {10}), 0.0);
}

TEST(Trees, ASingleScoreStandsForTwoClasses) {
  const Tensor x = Tensor::from<float>({2, 2}, {0, 0, 1, 0});
  Attributes attributes = tree("class", {0.25f, 0.5f, 0.75f});
  attributes["classlabels_int64s"] = Ints{4, 6};
  const auto y = run_ml("TreeEnsembleClassifier", {x}, attributes, 2);
  EXPECT_EQ(to_ints(y[0]), (Ints{4, 6}));
  expect_near(y[1], Tensor::from<float>({2, 2}, {0.75f, 0.25f, 0.25f, 0.75f}), 0.0);
}

TEST(Trees, RefuseBranchesThatDoNotEnd) {
  const Tensor x = Tensor::from<float>({1, 2}, {0, 0});
  Attributes cycle = tree("target", {1, 2, 3});
  cycle["nodes_truenodeids"] = Ints{1, 0, 0, 0, 0};
  expect_error(ErrorCode::kInvalidModel, {"do not describe trees"},
               [&] { run_ml("TreeEnsembleRegressor", {x}, cycle); });
  Attributes missing = tree("target", {1, 2, 3});
  missing["nodes_falsenodeids"] = Ints{9, 3, 0, 0, 0};
  expect_error(ErrorCode::kInvalidModel, {"do not describe trees"},
               [&] { run_ml("TreeEnsembleRegressor", {x}, missing); });
  Attributes feature = tree("target", {1, 2, 3});
  feature["nodes_featureids"] = Ints{7, 1, 0, 0, 0};
  expect_error(ErrorCode::kInvalidModel, {"do not describe trees"},
               [&] { run_ml("TreeEnsembleRegressor", {x}, feature); });
  Attributes target = tree("target", {1, 2, 3});
  target["target_ids"] = Ints{0, 0, 5};
  expect_error(ErrorCode::kInvalidModel, {"do not describe trees"},
               [&] { run_ml("TreeEnsembleRegressor", {x}, target); });
}

TEST(LabelEncoder, MapsWhatItKnows) {
  const Tensor words = Tensor::from<std::string>({3}, {"b", "odd", "a"});
  const Attributes by_word = {{"keys_strings", Strings{"a", "b"}}, {"values_int64s", Ints{5, 6}}};
  EXPECT_EQ(to_ints(run_ml("LabelEncoder", {words}, by_word)[0]), (Ints{6, -1, 5}));
  const Attributes classes = {{"classes_strings", Strings{"a", "b"}}};
  EXPECT_EQ(to_ints(run_ml("LabelEncoder", {words}, classes)[0]), (Ints{1, -1, 0}));
  const Tensor numbers = Tensor::from<std::int64_t>({2}, {1, 2});
  EXPECT_EQ(run_ml("LabelEncoder", {numbers}, classes)[0].values<std::string>()[1], "_Unused");
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Attributes with_nan = {{"keys_floats", std::vector<float>{nan}},
                               {"values_int64s", Ints{9}}};
  EXPECT_EQ(to_ints(run_ml("LabelEncoder", {Tensor::from<float>({1}, {nan})}, with_nan)[0]),
            Ints{9});
  expect_error(ErrorCode::kInvalidModel, {"keys are string"},
               [&] { run_ml("LabelEncoder", {numbers}, by_word); });
}

TEST(CategoryMapper, MapsBothWays) {
  const Attributes pairs = {{"cats_strings", Strings{"a", "b"}}, {"cats_int64s", Ints{7, -2}}};
  const Tensor words = Tensor::from<std::string>({3}, {"b", "odd", "a"});
  EXPECT_EQ(to_ints(run_ml("CategoryMapper", {words}, pairs)[0]), (Ints{-2, -1, 7}));
  const Tensor numbers = Tensor::from<std::int64_t>({2}, {7, 5});
  const Tensor names = run_ml("CategoryMapper", {numbers}, pairs)[0];
  EXPECT_EQ(names.values<std::string>()[0], "a");
  EXPECT_EQ(names.values<std::string>()[1], "_Unused");
  const Attributes unequal = {{"cats_strings", Strings{"a"}}, {"cats_int64s", Ints{7, -2}}};
  expect_error(ErrorCode::kInvalidModel, {"1 keys but 2 values"},
               [&] { run_ml("CategoryMapper", {words}, unequal); });
}

TEST(FeatureVectorizer, PutsColumnsSideBySide) {
  const Tensor a = Tensor::from<float>({2, 1}, {1, 2}),
               b = Tensor::from<float>({2, 2}, {3, 4, 5, 6});
  expect_near(run_ml("FeatureVectorizer", {a, b}, {})[0],
              Tensor::from<float>({2, 3}, {1, 3, 4, 2, 5, 6}), 0.0);
  expect_near(run_ml("FeatureVectorizer", {a, b}, {{"inputdimensions", Ints{2, 1}}})[0],
              Tensor::from<float>({2, 3}, {1, 0, 3, 2, 0, 5}), 0.0);
  expect_error(ErrorCode::kInvalidModel, {"inputdimensions"}, [&] {
    run_ml("FeatureVectorizer", {a, b}, {{"inputdimensions", Ints{2}}});
  });
  expect_error(ErrorCode::kInvalidModel, {"inputdimensions"}, [&] {
    run_ml("FeatureVectorizer", {a, b}, {{"inputdimensions", Ints{2, std::int64_t{1} << 62}}});
  });
}

TEST(MlFeatures, ScaleSelectAndReplace) {
  const Tensor x = Tensor::from<float>({2, 2}, {1, 2, 3, 4});
  expect_near(run_ml("Scaler", {x},
                     {{"offset", std::vector<float>{1, 0}}, {"scale", std::vector<float>{2}}})[0],
              Tensor::from<float>({2, 2}, {0, 4, 4, 8}), 0.0);
  expect_near(run_ml("Normalizer", {x}, {{"norm", std::string("L1")}})[0],
              Tensor::from<float>({2, 2}, {1.0f / 3, 2.0f / 3, 3.0f / 7, 4.0f / 7}), 1e-6);
  expect_near(run_ml("Binarizer", {x}, {{"threshold", 2.0f}})[0],
              Tensor::from<float>({2, 2}, {0, 0, 1, 1}), 0.0);
  const Tensor second = Tensor::from<std::int64_t>({1}, {1});
  expect_near(run_ml("ArrayFeatureExtractor", {x, second}, {})[0],
              Tensor::from<float>({2, 1}, {2, 4}), 0.0);
  expect_error(ErrorCode::kInvalidModel, {"no feature 7"}, [&] {
    run_ml("ArrayFeatureExtractor", {x, Tensor::from<std::int64_t>({1}, {7})}, {});
  });
  expect_near(run_ml("Imputer", {x},
                     {{"imputed_value_floats", std::vector<float>{8, 9}},
                      {"replaced_value_float", 4.0f}})[0],
              Tensor::from<float>({2, 2}, {1, 2, 3, 9}), 0.0);
  const Tensor ids = Tensor::from<std::int64_t>({2}, {3, 8});
  expect_near(run_ml("OneHotEncoder", {ids}, {{"cats_int64s", Ints{1, 3}}})[0],
              Tensor::from<float>({2, 2}, {0, 1, 0, 0}), 0.0);
}

}  // namespace
}  // namespace headway
