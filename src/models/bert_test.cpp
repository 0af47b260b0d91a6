#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "base/random.h"
#include "graph/verify.h"
#include "models/models.h"
#include "ops/operator.h"

namespace headway::models {
namespace {

/// What Hugging Face's BertModel of the base size holds.
std::map<std::string, std::string> expected_parameters() {
  std::map<std::string, std::string> all = {{"embeddings.word_embeddings.weight", "30522x768"},
                                            {"embeddings.position_embeddings.weight", "512x768"},
                                            {"embeddings.token_type_embeddings.weight", "2x768"},
                                            {"embeddings.LayerNorm.weight", "768"},
                                            {"embeddings.LayerNorm.bias", "768"},
                                            {"pooler.dense.weight", "768x768"},
                                            {"pooler.dense.bias", "768"}};
  for (int i = 0; i < 12; ++i) {
    const std::string layer = "encoder.layer." + std::to_string(i) + ".";
    for (const std::string name : {"attention.self.query", "attention.self.key",
                                   "attention.self.value", "attention.output.dense"}) {
      all[layer + name + ".weight"] = "768x768";
      all[layer + name + ".bias"] = "768";
    }
    for (const std::string name : {"attention.output.LayerNorm", "output.LayerNorm"})
      for (const std::string which : {".weight", ".bias"}) all[layer + name + which] = "768";
    all[layer + "intermediate.dense.weight"] = "3072x768";
    all[layer + "intermediate.dense.bias"] = "3072";
    all[layer + "output.dense.weight"] = "768x3072";
    all[layer + "output.dense.bias"] = "768";
  }
  return all;
}

Tensor integers(Shape shape, const std::vector<std::int64_t>& values) {
  return Tensor::from<std::int64_t>(std::move(shape), values);
}

std::vector<std::int64_t> token_ids(std::size_t count) {
  Random random(1);
  std::vector<std::int64_t> ids(count);
  for (std::int64_t& id : ids) id = static_cast<std::int64_t>(random.below(30'522));
  return ids;
}

/// The first `count` elements are alike.
bool agree(const Tensor& a, const Tensor& b, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    if (std::abs(a.values<float>()[i] - b.values<float>()[i]) > 1e-4f) return false;
  return true;
}

TEST(Bert, HasTheNamesAndShapesOfHuggingFace) {
  const Graph graph = build_model("bert_base");
  verify(graph);
  std::map<std::string, std::string> actual;
  std::int64_t count = 0;
  for (const Value* constant : graph.constants()) {
    if (constant->name().front() == '/') continue;
    actual[constant->name()] = to_string(constant->constant().shape());
    count += constant->constant().size();
  }
  EXPECT_EQ(actual, expected_parameters());
  EXPECT_EQ(count, find_builtin("bert_base").parameters);
}

TEST(Bert, TakesAnyBatchOfSequencesOfAnyLength) {
  const Graph graph = build_model("bert_base");
  ASSERT_EQ(graph.inputs().size(), 3u);
  for (const Value* input : graph.inputs()) EXPECT_EQ(input->type.to_string(), "int64[N,T]");
  ASSERT_EQ(graph.outputs().size(), 2u);
  EXPECT_EQ(graph.outputs()[0]->name(), "last_hidden_state");
  EXPECT_EQ(graph.outputs()[0]->type.to_string(), "float32[N,?,768]");
  EXPECT_EQ(graph.outputs()[1]->name(), "pooler_output");
  EXPECT_EQ(graph.outputs()[1]->type.to_string(), "float32[N,768]");
}

TEST(Bert, DoesNotSeeMaskedTokens) {
  const Graph graph = build_model("bert_base");
  std::vector<std::int64_t> ids = token_ids(6);
  const Tensor mask = integers({1, 6}, {1, 1, 1, 1, 0, 0}),
               kinds = integers({1, 6}, {0, 0, 1, 1, 1, 1});
  const auto run = [&] {
    return run_reference(graph, std::vector{integers({1, 6}, ids), mask, kinds});
  };
  const std::vector<Tensor> first = run();
  ids[5] = 7;
  EXPECT_TRUE(agree(first[0], run()[0], 4 * 768));
  ids[3] = 7;
  EXPECT_FALSE(agree(first[0], run()[0], 768));
}

TEST(Bert, KeepsActivationsInARealisticRange) {
  Graph graph = build_model("bert_base");
  std::vector<std::string> names = {"last_hidden_state", "pooler_output"};
  for (const Node* node : graph.nodes()) {
    if (!node->is("MatMul")) continue;
    names.push_back(node->name());
    graph.add_output(node->output());
  }
  const Tensor ones = integers({1, 16}, std::vector<std::int64_t>(16, 1));
  const std::vector<Tensor> outputs =
      run_reference(graph, std::vector{integers({1, 16}, token_ids(16)), ones, ones});
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    double squares = 0;
    for (const float value : outputs[i].values<float>()) squares += value * value;
    const double size = std::sqrt(squares / static_cast<double>(outputs[i].size()));
    EXPECT_GT(size, 0.05) << names[i];
    EXPECT_LT(size, 20) << names[i];
  }
}

}  // namespace
}  // namespace headway::models
