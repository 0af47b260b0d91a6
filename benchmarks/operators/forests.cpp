#include "forests.h"

#include <string>

#include "base/random.h"

namespace headway {
namespace {

using Ints = std::vector<std::int64_t>;

constexpr std::int64_t kTrees = 100, kDepth = 8, kFeatures = 32;

/// Complete trees, node i of which has the children 2 i + 1 and 2 i + 2, as the attributes of an
/// ensemble whose leaves are of a `kind` ("target" or "class"), a weight for each of `targets`.
Attributes forest(const std::string& kind, std::int64_t targets) {
  constexpr std::int64_t kNodes = (2 << kDepth) - 1, kInner = kNodes / 2;
  Random random(1);
  Ints trees, nodes, features, yes, no, leaf_trees, leaf_nodes, ids;
  std::vector<std::string> modes;
  std::vector<float> splits, weights;
  for (std::int64_t tree = 0; tree < kTrees; ++tree) {
    for (std::int64_t node = 0; node < kNodes; ++node) {
      const bool inner = node < kInner;
      trees.push_back(tree);
      nodes.push_back(node);
      features.push_back(inner ? static_cast<std::int64_t>(random.below(kFeatures)) : 0);
      modes.push_back(inner ? "BRANCH_LEQ" : "LEAF");
      splits.push_back(inner ? random.normal() : 0.0F);
      yes.push_back(inner ? 2 * node + 1 : 0);
      no.push_back(inner ? 2 * node + 2 : 0);
      for (std::int64_t target = 0; !inner && target < targets; ++target) {
        leaf_trees.push_back(tree);
        leaf_nodes.push_back(node);
        ids.push_back(target);
        weights.push_back(static_cast<float>(random.uniform()));
      }
    }
  }
  return {
      {"nodes_treeids", trees},   {"nodes_nodeids", nodes},        {"nodes_featureids", features},
      {"nodes_modes", modes},     {"nodes_values", splits},        {"nodes_truenodeids", yes},
      {"nodes_falsenodeids", no}, {kind + "_treeids", leaf_trees}, {kind + "_nodeids", leaf_nodes},
      {kind + "_ids", ids},       {kind + "_weights", weights}};
}

Graph regressor(const std::string& name, std::int64_t rows) {
  Graph graph(name);
  Value* x = graph.add_input("x", {DType::kFloat32, to_symbolic({rows, kFeatures})});
  Attributes attributes = forest("target", 1);
  attributes["n_targets"] = std::int64_t{1};
  graph.add_output(
      graph.add_node("TreeEnsembleRegressor", {x}, {"y"}, attributes, "", "ai.onnx.ml")->output());
  return graph;
}

Graph classifier(const std::string& name, std::int64_t rows) {
  Graph graph(name);
  Value* x = graph.add_input("x", {DType::kFloat32, to_symbolic({rows, kFeatures})});
  Attributes attributes = forest("class", 3);
  attributes["classlabels_int64s"] = Ints{0, 1, 2};
  const Node* node = graph.add_node("TreeEnsembleClassifier", {x}, {"label", "scores"}, attributes,
                                    "", "ai.onnx.ml");
  graph.add_output(node->output(0));
  graph.add_output(node->output(1));
  return graph;
}

}  // namespace

std::vector<Graph> forests() {
  std::vector<Graph> graphs;
  graphs.push_back(regressor("TreeEnsembleRegressor_row", 1));
  graphs.push_back(regressor("TreeEnsembleRegressor_rows", 1000));
  graphs.push_back(classifier("TreeEnsembleClassifier_row", 1));
  graphs.push_back(classifier("TreeEnsembleClassifier_rows", 1000));
  return graphs;
}

}  // namespace headway
