#include "graph/graph.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "graph/text.h"
#include "graph/verify.h"

namespace headway {
namespace {

template <typename Function>
std::string message_of(ErrorCode code, Function&& function) {
  try {
    function();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

std::vector<std::string> names(std::span<Value* const> values) {
  std::vector<std::string> result;
  for (const Value* value : values) result.push_back(value->name());
  return result;
}

std::vector<std::string> node_names(const Graph& graph) {
  std::vector<std::string> result;
  for (const Node* node : graph.nodes()) result.push_back(node->name());
  return result;
}

using Names = std::vector<std::string>;

TEST(Graph, BuildsAndLinks) {
  Graph graph("g");
  Value* x = graph.add_input("x", {DType::kFloat32, SymbolicShape{Dim("N"), 3}});
  Value* w = graph.add_constant("w", Tensor::from<float>({2}, {1, 2}));
  Node* node = graph.add_node("Mul", {x, w, nullptr, x}, {"y", ""});
  graph.add_output(node->output());

  EXPECT_EQ(w->type.to_string(), "float32[2]");
  EXPECT_TRUE(w->is_constant());
  EXPECT_FALSE(x->is_constant());
  EXPECT_EQ(x->users().size(), 2U);
  EXPECT_EQ(w->users()[0], node);
  EXPECT_EQ(node->name(), "y");
  EXPECT_EQ(node->output(0)->producer(), node);
  EXPECT_FALSE(node->output(1)->name().empty());
  EXPECT_EQ(node->input(2), nullptr);
  EXPECT_EQ(node->input(9), nullptr);
  EXPECT_EQ(node->output(9), nullptr);
  EXPECT_EQ(graph.find("y"), node->output());
  EXPECT_EQ(graph.find("nobody"), nullptr);
  EXPECT_TRUE(node->is("Mul"));
  EXPECT_FALSE(node->is("Mul", "headway"));
  EXPECT_EQ(graph.value_count(), 4U);
  verify(graph);
}

TEST(Graph, NamesAreMadeUnique) {
  Graph graph;
  Value* a = graph.add_input("a", {});
  Value* second = graph.add_input("a", {});
  Node* node = graph.add_node("Relu", {a}, {"a"});
  EXPECT_EQ(second->name(), "a_1");
  EXPECT_EQ(node->output()->name(), "a_2");
  EXPECT_EQ(graph.add_node("Relu", {a}, {})->name(), "Relu");
}

TEST(Graph, SetInputMaintainsUses) {
  Graph graph;
  Value* a = graph.add_input("a", {});
  Value* b = graph.add_input("b", {});
  Node* node = graph.add_node("Add", {a, a});
  node->set_input(1, b);
  EXPECT_EQ(a->users().size(), 1U);
  EXPECT_EQ(b->users().size(), 1U);
  node->set_input(3, a);
  EXPECT_EQ(node->inputs().size(), 4U);
  EXPECT_EQ(node->input(2), nullptr);
  verify(graph);
}

TEST(Graph, InsertNodeGoesBeforeItsPosition) {
  Graph graph;
  Value* x = graph.add_input("x", {});
  Node* last = graph.add_node("Relu", {x}, {"last"});
  Node* first = graph.insert_node(last, "Neg", {x}, {"first"});
  last->set_input(0, first->output());
  EXPECT_EQ(node_names(graph), (Names{"first", "last"}));
  verify(graph);
}

TEST(Graph, ReplaceUsesTakesOverThePublicName) {
  Graph graph = parse_graph(R"(graph g (%x: float32[2]) -> (%y, %y) {
    %y = Relu(%x)
    %z = Neg(%x)
    %t = Add(%y, %y)
  })");
  Value* y = graph.find("y");
  Value* z = graph.find("z");
  graph.replace_uses(y, z);
  EXPECT_EQ(z->name(), "y");
  EXPECT_EQ(y->name(), "y_1");
  EXPECT_EQ(names(graph.outputs()), (Names{"y", "y"}));
  EXPECT_EQ(z->users().size(), 2U);
  EXPECT_TRUE(y->users().empty());
  verify(graph);
  EXPECT_EQ(graph.erase_dead(), 2U);
  EXPECT_EQ(node_names(graph), Names{"z"});
}

TEST(Graph, ReplaceUsesKeepsTheNameOfInputsAndOutputs) {
  Graph graph = parse_graph(R"(graph g (%x: float32[2]) -> (%y, %z) {
    %y = Identity(%x)
    %z = Neg(%y)
  })");
  graph.replace_uses(graph.find("y"), graph.find("x"));
  EXPECT_EQ(names(graph.outputs()), (Names{"x", "z"}));
  graph.replace_uses(graph.find("z"), graph.find("x"));
  EXPECT_EQ(names(graph.outputs()), (Names{"x", "x"}));
  verify(graph);
}

TEST(Graph, EraseRefusesWhatIsRead) {
  Graph graph = parse_graph(R"(graph g (%x: float32[2]) -> (%z) {
    %y, %second = Split(%x)
    %z = Neg(%second)
  })");
  Node* split = graph.find("y")->producer();
  EXPECT_EQ(message_of(ErrorCode::kInternal, [&] { graph.erase(split); }),
            "value 'second' of node 'y' (Split) cannot be erased: it is still read");
  EXPECT_NE(graph.find("y"), nullptr);
  Node* neg = graph.find("z")->producer();
  message_of(ErrorCode::kInternal, [&] { graph.erase(neg); });

  neg->set_input(0, graph.find("x"));
  graph.erase(split);
  EXPECT_EQ(graph.node_count(), 1U);
  EXPECT_EQ(graph.find("second"), nullptr);
  verify(graph);
}

TEST(Graph, EraseOutputLeavesAnOmittedOne) {
  Graph graph = parse_graph(R"(graph g (%x: float32[2]) -> (%a) {
    %a, %b = Split(%x)
  })");
  Node* split = graph.nodes()[0];
  graph.erase_output(split, 1);
  graph.erase_output(split, 1);
  EXPECT_EQ(split->outputs().size(), 2U);
  EXPECT_EQ(split->output(1), nullptr);
  message_of(ErrorCode::kInternal, [&] { graph.erase_output(split, 0); });
  verify(graph);
}

TEST(Graph, EraseDeadKeepsInputsAndWhatIsReached) {
  Graph graph = parse_graph(R"(graph g (%x: float32[2], %unread: float32[2]) -> (%y, %direct) {
    %w: float32[1] = constant {1.0}
    %dead: float32[1] = constant {2.0}
    %direct: float32[1] = constant {3.0}
    %y = Add(%x, %w)
    %a = Mul(%y, %dead)
    %b = Relu(%a)
  })");
  EXPECT_EQ(graph.erase_dead(), 2U);
  EXPECT_EQ(names(graph.constants()), (Names{"w", "direct"}));
  EXPECT_EQ(names(graph.inputs()), (Names{"x", "unread"}));
  EXPECT_EQ(graph.value_count(), 5U);
  EXPECT_EQ(graph.erase_dead(), 0U);
  verify(graph);
}

TEST(Graph, RenameNeedsAFreeName) {
  Graph graph;
  Value* a = graph.add_input("a", {});
  graph.add_input("b", {});
  graph.rename(a, "c");
  graph.rename(a, "c");
  EXPECT_EQ(graph.find("c"), a);
  EXPECT_EQ(graph.find("a"), nullptr);
  EXPECT_EQ(message_of(ErrorCode::kInvalidArgument, [&] { graph.rename(a, "b"); }),
            "value 'c' cannot be renamed to 'b': another value has that name");
  message_of(ErrorCode::kInvalidArgument, [&] { graph.rename(a, ""); });
}

TEST(Graph, SortIsStable) {
  Graph graph;
  Value* x = graph.add_input("x", {});
  Node* a = graph.add_node("Relu", {x}, {"a"});
  graph.add_node("Relu", {x}, {"b"});
  Node* c = graph.add_node("Relu", {x}, {"c"});
  a->set_input(0, c->output());
  graph.sort();
  EXPECT_EQ(node_names(graph), (Names{"c", "a", "b"}));
  graph.sort();
  EXPECT_EQ(node_names(graph), (Names{"c", "a", "b"}));
  verify(graph);
}

TEST(Graph, SortNamesACycle) {
  Graph graph;
  Value* x = graph.add_input("x", {});
  Node* a = graph.add_node("Add", {x, x}, {"a"});
  Node* b = graph.add_node("Relu", {a->output()}, {"b"});
  a->set_input(1, b->output());
  EXPECT_EQ(message_of(ErrorCode::kInvalidModel, [&] { graph.sort(); }),
            "node 'b' (Relu) depends on its own result");
  EXPECT_EQ(graph.node_count(), 2U);
}

TEST(Graph, SortSurvivesDeepChains) {
  Graph graph;
  Value* x = graph.add_input("x", {});
  std::vector<Node*> chain;
  for (int i = 0; i < 20000; ++i) chain.push_back(graph.add_node("Relu", {x}));
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) chain[i]->set_input(0, chain[i + 1]->output());
  graph.sort();
  verify(graph);
}

TEST(Graph, CloneSharesOnlyTheElements) {
  Graph graph = parse_graph(R"(graph g (%x: float32[2]) -> (%y) {
    %w: float32[2] = constant {1.0, 2.0}
    %y: float32[2], _ = Foo(%x, _, %w) {axis = 1} "name"
  })");
  Graph copy = graph.clone();
  verify(copy);
  EXPECT_EQ(print_graph(copy), print_graph(graph));
  EXPECT_NE(copy.find("x"), graph.find("x"));
  EXPECT_EQ(copy.find("w")->constant().raw(), graph.find("w")->constant().raw());
  copy.add_output(copy.find("x"));
  copy.nodes()[0]->attributes.clear();
  EXPECT_EQ(graph.outputs().size(), 1U);
  EXPECT_TRUE(graph.nodes()[0]->has("axis"));
}

TEST(Graph, CloneOfAnUnsortedGraph) {
  Graph graph;
  Value* x = graph.add_input("x", {});
  Node* a = graph.add_node("Relu", {x}, {"a"});
  Node* b = graph.add_node("Relu", {x}, {"b"});
  a->set_input(0, b->output());
  Graph copy = graph.clone();
  copy.sort();
  verify(copy);
}

TEST(Node, TypedAttributes) {
  Graph graph = parse_graph(R"(graph g (%x: float32[2]) -> (%y) {
    %y = Foo(%x) {i = 3, f = 2.0, s = "text", is = [1, 2], fs = [1.0]} "conv1"
    %z = headway.Bar(%x)
  })");
  const Node& node = *graph.nodes()[0];
  EXPECT_EQ(node.get_int("i", 0), 3);
  EXPECT_EQ(node.get_int("absent", 7), 7);
  EXPECT_EQ(node.get_float("f", 0), 2.0F);
  EXPECT_EQ(node.get_string("s", ""), "text");
  EXPECT_EQ(node.get_ints("is", {}), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(node.get_floats("fs", {}), std::vector<float>{1});
  EXPECT_EQ(message_of(ErrorCode::kInvalidModel, [&] { node.get_ints("i", {}); }),
            "node 'conv1' (Foo): attribute 'i' is of kind int, but must be of kind ints");
  EXPECT_EQ(node.described(), "node 'conv1' (Foo)");
  EXPECT_EQ(graph.nodes()[1]->described(), "node 'z' (headway.Bar)");
}

TEST(Type, Prints) {
  EXPECT_EQ((TensorType{DType::kInt64, SymbolicShape{}}).to_string(), "int64[]");
  EXPECT_EQ(TensorType{}.to_string(), "float32[...]");
  const SymbolicShape shape = {Dim("N"), 3, Dim(), Dim("batch size"), -7};
  EXPECT_EQ((TensorType{DType::kBool, shape}).to_string(), "bool[N,3,?,\"batch size\",?]");
}

TEST(Type, DimsCompare) {
  EXPECT_TRUE(Dim(3).same_as(3));
  EXPECT_FALSE(Dim(3).same_as(4));
  EXPECT_TRUE(Dim("N").same_as(Dim("N")));
  EXPECT_FALSE(Dim("N").same_as(Dim("M")));
  EXPECT_FALSE(Dim().same_as(Dim()));
  EXPECT_EQ(Dim(-1), Dim(-2));
  EXPECT_EQ(to_static({1, 2}), (Shape{1, 2}));
  EXPECT_EQ(to_static({1, Dim("N")}), std::nullopt);
  EXPECT_EQ(TensorType{}.static_shape(), std::nullopt);
}

TEST(Verify, FindsAConsumerBeforeItsProducer) {
  Graph graph;
  Value* x = graph.add_input("x", {});
  Node* a = graph.add_node("Relu", {x}, {"a"});
  Node* b = graph.add_node("Relu", {x}, {"b"});
  a->set_input(0, b->output());
  EXPECT_NE(message_of(ErrorCode::kInternal, [&] { verify(graph); })
                .find("node 'a' (Relu) reads at input 0 a value that no earlier node"),
            std::string::npos);
}

TEST(Verify, FindsAWrongConstantType) {
  Graph graph;
  graph.add_constant("w", Tensor::zeros(DType::kFloat32, {2}))->type.dtype = DType::kInt8;
  EXPECT_NE(message_of(ErrorCode::kInternal, [&] { verify(graph); })
                .find("constant 'w' has type int8[2], but its tensor is float32[2]"),
            std::string::npos);
}

TEST(Verify, FindsAnUndefinedConstant) {
  Graph graph;
  graph.add_constant("w", Tensor());
  EXPECT_NE(message_of(ErrorCode::kInternal, [&] { verify(graph); }).find("'w' has no elements"),
            std::string::npos);
}

TEST(Verify, FindsForeignValues) {
  Graph other;
  Value* foreign = other.add_input("x", {});
  Graph reader;
  reader.add_node("Relu", {foreign});
  message_of(ErrorCode::kInternal, [&] { verify(reader); });
  Graph giver;
  giver.add_output(foreign);
  EXPECT_NE(message_of(ErrorCode::kInternal, [&] { verify(giver); })
                .find("a graph output is not a value of the graph"),
            std::string::npos);
  // `other` now lists a reader that is not one of its nodes.
  EXPECT_NE(
      message_of(ErrorCode::kInternal, [&] { verify(other); }).find("lists 1 uses, but has 0"),
      std::string::npos);
}

}  // namespace
}  // namespace headway
