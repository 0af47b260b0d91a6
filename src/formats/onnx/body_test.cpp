#include <gtest/gtest.h>

#include "headway/error.h"

#include "formats/onnx/model_builder.h"
#include "formats/onnx/write.h"
#include "graph/text.h"
#include "graph/verify.h"
#include "ops/operator.h"

namespace headway::onnx {
namespace {

constexpr std::int64_t kBoolCode = 9, kInt64Code = 7;

std::string graph_attribute(const std::string& name, const ModelBuilder& body) {
  return message_attribute(name, AttributeField::kGraph, AttributeType::kGraph, body.graph());
}

/// y = c ? inner(x) + w : x, where the branches read x and w from outside.
ModelBuilder with_branches() {
  ModelBuilder then_branch, else_branch;
  then_branch.node("Relu", {"a"}, {"r"}).node("Add", {"r", "w"}, {"sum"}).output("sum");
  else_branch.node("Identity", {"x"}, {"same"}).output("same");
  ModelBuilder model;
  model.input("x", {2})
      .input("c", {1}, kBoolCode)
      .floats("w", {10, 20})
      .node("If", {"c"}, {"y"},
            {graph_attribute("then_branch", then_branch),
             graph_attribute("else_branch", else_branch)})
      .node("Neg", {"x"}, {"a"})
      .output("y");
  return model;
}

std::vector<float> run(const Graph& graph, const std::vector<Tensor>& inputs) {
  const std::vector<Tensor> outputs = run_reference(graph, inputs);
  const auto values = outputs[0].values<float>();
  return {values.begin(), values.end()};
}

const Tensor kX = Tensor::from<float>({2}, {1, -2});

TEST(ReadBodies, WhatTheyTakeFromOutsideBecomesAnInput) {
  const Graph graph = with_branches().read();
  verify(graph);
  const Node& node = *graph.outputs()[0]->producer();
  EXPECT_EQ(node.captures(), 2U);  // a and x; the constant w is shared.
  EXPECT_EQ(node.inputs().size(), 3U);
  EXPECT_EQ(node.body("then_branch").constants().size(), 1U);
  EXPECT_EQ(run(graph, {kX, Tensor::from<bool>({1}, {true})}), (std::vector<float>{10, 22}));
  EXPECT_EQ(run(graph, {kX, Tensor::from<bool>({1}, {false})}), (std::vector<float>{1, -2}));
}

TEST(ReadBodies, SurviveWriting) {
  const Graph again = read_bytes(to_onnx(with_branches().read()));
  verify(again);
  EXPECT_EQ(again.outputs()[0]->producer()->captures(), 2U);
  EXPECT_EQ(run(again, {kX, Tensor::from<bool>({1}, {true})}), (std::vector<float>{10, 22}));
  EXPECT_EQ(run(again, {kX, Tensor::from<bool>({1}, {false})}), (std::vector<float>{1, -2}));
}

TEST(ReadBodies, NestAndCarryValuesThrough) {
  ModelBuilder inner, outer, model;
  inner.node("Mul", {"v", "x"}, {"p"}).output("p");
  outer.input("i", {}, kInt64Code)
      .input("go", {}, kBoolCode)
      .input("v", {2})
      .node("If", {"go"}, {"w"},
            {graph_attribute("then_branch", inner), graph_attribute("else_branch", inner)})
      .node("Identity", {"go"}, {"again"})
      .output("again")
      .output("w");
  model.input("x", {2})
      .initializer(raw_tensor("n", kInt64Code, {}, std::string("\3\0\0\0\0\0\0\0", 8)))
      .node("Loop", {"n", "", "x"}, {"y"}, {graph_attribute("body", outer)})
      .output("y");
  const Graph graph = model.read();
  verify(graph);
  EXPECT_EQ(run(graph, {kX}), (std::vector<float>{1, 16}));
  EXPECT_EQ(run(read_bytes(to_onnx(graph)), {kX}), (std::vector<float>{1, 16}));
}

std::string error_of(const ModelBuilder& model) {
  try {
    model.read();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(ReadBodies, RefusesWhatNothingComputes) {
  ModelBuilder body, model;
  body.node("Relu", {"ghost"}, {"y"}).output("y");
  model.input("c", {}, kBoolCode)
      .node("If", {"c"}, {"y"}, {graph_attribute("then_branch", body)})
      .output("y");
  EXPECT_NE(error_of(model).find("'y' (If) reads 'ghost'"), std::string::npos);
}

TEST(ReadBodies, RefusesDeepNesting) {
  ModelBuilder body;
  body.node("Relu", {"x"}, {"y"}).output("y");
  for (int i = 0; i < 40; ++i) {
    ModelBuilder outer;
    outer.node("If", {"c"}, {"y"}, {graph_attribute("then_branch", body)}).output("y");
    body = outer;
  }
  EXPECT_NE(error_of(body).find("nested more than 32 deep"), std::string::npos);
}

ModelBuilder calling(const std::string& op_type) {
  ModelBuilder model;
  model.input("x", {2}).node(op_type, {"x"}, {"y"}, {float_attribute("slope", 0.5F)}).output("y");
  return model;
}

TEST(InlineFunctions, PutsTheirNodesInPlace) {
  ModelBuilder model = calling("Twice");
  model.function("Once", {"a"}, {"b"},
                 {node_message("LeakyRelu", {"a"}, {"t"}, {reference_attribute("alpha", "slope")}),
                  node_message("Neg", {"t"}, {"b"})});
  model.function("Twice", {"a"}, {"c"},
                 {node_message("Once", {"a"}, {"t"}, {reference_attribute("slope", "slope")}),
                  node_message("Once", {"t"}, {"c"}, {float_attribute("slope", 4)})});
  const Graph graph = model.read();
  verify(graph);
  EXPECT_EQ(graph.node_count(), 4U);
  // 1 → -1 → -(4 · -1) = 4; -2 → -(0.5 · -2) = 1 → -1.
  EXPECT_EQ(run(graph, {kX}), (std::vector<float>{4, -1}));
}

TEST(InlineFunctions, KeepNamesOfTheirBodiesApartFromTheCallers) {
  ModelBuilder negated, same, model;
  negated.node("Neg", {"a"}, {"x"}).output("x");
  same.node("Identity", {"a"}, {"x"}).output("x");
  model.input("x", {2}).input("c", {1}, kBoolCode).node("Choose", {"x", "c"}, {"y"}).output("y");
  model.function("Choose", {"a", "b"}, {"r"},
                 {node_message("If", {"b"}, {"r"},
                               {graph_attribute("then_branch", negated),
                                graph_attribute("else_branch", same)})});
  const Graph graph = model.read();
  verify(graph);
  EXPECT_EQ(run(graph, {kX, Tensor::from<bool>({1}, {true})}), (std::vector<float>{-1, 2}));
  EXPECT_EQ(run(graph, {kX, Tensor::from<bool>({1}, {false})}), (std::vector<float>{1, -2}));
}

TEST(InlineFunctions, RefusesRecursion) {
  ModelBuilder model = calling("F");
  model.function("F", {"a"}, {"b"}, {node_message("G", {"a"}, {"b"})});
  model.function("G", {"a"}, {"b"}, {node_message("F", {"a"}, {"b"})});
  EXPECT_NE(error_of(model).find("calls itself"), std::string::npos);
}

TEST(InlineFunctions, RefusesEndlessGrowth) {
  ModelBuilder model = calling("F0");
  for (int i = 0; i < 40; ++i) {
    const std::string next = "F" + std::to_string(i + 1);
    model.function("F" + std::to_string(i), {"a"}, {"b"},
                   {node_message(next, {"a"}, {"t"}), node_message(next, {"t"}, {"b"})});
  }
  EXPECT_NE(error_of(model).find("expand to more than"), std::string::npos);
}

}  // namespace
}  // namespace headway::onnx
