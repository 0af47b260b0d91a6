#include "passes/pass_testing.h"
#include "passes/passes.h"

namespace headway {
namespace {

const std::string kBranches = R"(%y = If(%c, %x) {captures = 1,
    then_branch = graph t (%v: float32[2,3]) -> (%r) { %r = Relu(%v) },
    else_branch = graph e (%v: float32[2,3]) -> (%r) { %r = Neg(%v) }})";

TEST(InlineBranches, TakesTheOneThatIsAlwaysTaken) {
  const auto text = [](const std::string& condition) {
    return "graph net (%x: float32[2,3]) -> (%z) { %c: bool[] = constant {" + condition + "}\n" +
           kBranches + "\n %z = Abs(%y) }";
  };
  EXPECT_EQ(operators_after(kInlineBranches, text("true")), "Relu Abs");
  EXPECT_EQ(operators_after(kInlineBranches, text("false")), "Neg Abs");
}

TEST(InlineBranches, ShapesDecide) {
  EXPECT_EQ(operators_after(kInlineBranches, R"(graph net (%x: float32[2,3]) -> (%y) {
    %s = Shape(%x)
    %zero: int64[] = constant {0}
    %two: int64[] = constant {2}
    %n = Gather(%s, %zero)
    %c = Equal(%n, %two)
    )" + kBranches + "}"),
            "Relu");
}

TEST(InlineBranches, LeavesWhatDataDecide) {
  Graph graph = typed_graph("graph net (%x: float32[2,3], %c: bool[]) -> (%y) {" + kBranches + "}");
  EXPECT_EQ(apply(kInlineBranches, graph), 0U);
  EXPECT_EQ(operators_of(graph), "If");
}

TEST(InlineBranches, OutputsKeepTheirNames) {
  Graph graph = typed_graph(R"(graph net (%x: float32[2]) -> (%a, %b, %c) {
    %true: bool[] = constant {true}
    %a, %b, %c = If(%true, %x) {captures = 1,
      then_branch = graph t (%v: float32[2]) -> (%r, %r, %v) { %r = Relu(%v) },
      else_branch = graph e (%v: float32[2]) -> (%v, %v, %v) { }}
  })");
  const std::vector<Tensor> inputs = random_inputs(graph, 1);
  const std::vector<Tensor> expected = run_reference(graph, inputs);
  apply(kInlineBranches, graph);
  verify(graph);
  const std::vector<Tensor> actual = run_reference(graph, inputs);
  const std::vector<std::string> names = {"a", "b", "c"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(graph.outputs()[i]->name(), names[i]);
    EXPECT_TRUE(std::ranges::equal(actual[i].values<float>(), expected[i].values<float>()));
  }
}

TEST(InlineBranches, BranchesWithinBranches) {
  EXPECT_EQ(operators_after(kInlineBranches, R"(graph net (%x: float32[2]) -> (%y) {
    %c: bool[] = constant {true}
    %y = If(%c, %c, %x) {captures = 2,
      then_branch = graph t (%d: bool[], %v: float32[2]) -> (%r) {
        %e = Not(%d)
        %r = If(%e, %v) {captures = 1,
          then_branch = graph tt (%w: float32[2]) -> (%q) { %q = Relu(%w) },
          else_branch = graph te (%w: float32[2]) -> (%q) { %q = Neg(%w) }} },
      else_branch = graph e (%d: bool[], %v: float32[2]) -> (%v) { }}
  })"),
            "Neg");
}

}  // namespace
}  // namespace headway
