#include <algorithm>
#include <tuple>

#include <gtest/gtest.h>

#include "ops/operator.h"

namespace headway {
namespace {

TEST(Registry, IsSortedWithoutRepetitions) {
  const std::span<const Operator> all = all_operators();
  ASSERT_FALSE(all.empty());
  const auto not_before = [](const Operator& a, const Operator& b) {
    return std::tie(a.domain, a.name) >= std::tie(b.domain, b.name);
  };
  const auto wrong = std::adjacent_find(all.begin(), all.end(), not_before);
  EXPECT_EQ(wrong, all.end()) << wrong->name;
}

TEST(Registry, FindsEveryOperator) {
  for (const Operator& op : all_operators()) {
    EXPECT_EQ(find_operator(op.name, op.domain), &op) << op.name;
    EXPECT_NE(op.infer, nullptr) << op.name;
    EXPECT_TRUE(op.reference != nullptr || op.evaluate != nullptr) << op.name;
    EXPECT_LE(op.min_inputs, op.max_inputs) << op.name;
    EXPECT_LE(op.min_outputs, op.max_outputs) << op.name;
  }
}

TEST(Registry, KnowsTheDomain) {
  EXPECT_NE(find_operator("Conv"), nullptr);
  EXPECT_EQ(find_operator("Conv", "headway"), nullptr);
  EXPECT_NE(find_operator("FusedConv", "headway"), nullptr);
  EXPECT_EQ(find_operator("FusedConv"), nullptr);
  EXPECT_EQ(find_operator(""), nullptr);
  EXPECT_EQ(find_operator("Zzz"), nullptr);
}

TEST(Registry, NamesAnUnknownOperatorWithItsNode) {
  Graph graph;
  Value* x = graph.add_input("x", {DType::kFloat32, SymbolicShape{1}});
  const Node* node = graph.add_node("Frobnicate", {x}, {"y"}, {}, "strange");
  try {
    operator_of(*node);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_NE(std::string(error.what()).find("'strange'"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("Frobnicate"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace headway
