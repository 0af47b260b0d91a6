#include "passes/pass_testing.h"
#include "passes/passes.h"

namespace headway {
namespace {

/// Widens and checks that the interface stays and the results agree as far as 16 bits let them.
std::string widened(const std::string& text, double tolerance = 2e-2) {
  const Graph before = typed_graph(text);
  Graph after = before.clone();
  apply(kWidenHalves, after);
  verify(after);
  std::vector<Tensor> inputs = random_inputs(before, 1);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    inputs[i] = inputs[i].to(before.inputs()[i]->type.dtype);
  const auto expected = run_reference(before, inputs), actual = run_reference(after, inputs);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(after.outputs()[i]->name(), before.outputs()[i]->name());
    EXPECT_EQ(after.outputs()[i]->type, before.outputs()[i]->type);
    expect_close(actual[i], expected[i], tolerance);
  }
  const std::string operators = operators_of(after);
  infer_types(after);
  EXPECT_EQ(apply(kWidenHalves, after), 0u) << "a second time";
  return operators;
}

TEST(WidenHalves, ConvertsAtTheEdgesOnly) {
  EXPECT_EQ(widened(R"(graph g (%x: float16[2,4]) -> (%y) {
    %w: float16[4,5] = constant random(1)
    %b: float16[5] = constant random(2)
    %a = MatMul(%x, %w)
    %s = Add(%a, %b)
    %y = Relu(%s)
  })"),
            "Cast MatMul Add Relu Cast");
}

TEST(WidenHalves, ConvertsAnInputOnce) {
  EXPECT_EQ(widened(R"(graph g (%x: bfloat16[2,4]) -> (%y, %z) {
    %y = Exp(%x)
    %z = Mul(%x, %y)
  })"),
            "Cast Exp Cast Mul Cast");
}

TEST(WidenHalves, MovesWhatIsComputedInFloat32) {
  EXPECT_EQ(widened(R"(graph g (%x: float16[2,4]) -> (%y) {
    %a = Transpose(%x)
    %b = Sigmoid(%a)
    %c = Transpose(%b)
    %y = Softmax(%c)
  })"),
            "Transpose Cast Sigmoid Transpose Softmax Cast");
}

TEST(WidenHalves, KeepsAGatheredTableSmall) {
  EXPECT_EQ(widened(R"(graph g (%x: int64[3]) -> (%y) {
    %t: float16[10,4] = constant random(1)
    %zero: int64[3] = constant {1, 2, 3}
    %i = Mul(%x, %zero)
    %j = Sub(%i, %i)
    %e = Gather(%t, %j)
    %y = Relu(%e)
  })"),
            "Mul Sub Gather Cast Relu Cast");
}

TEST(WidenHalves, OtherOutputsKeepTheirTypes) {
  EXPECT_EQ(widened(R"(graph g (%x: float16[2,8]) -> (%v, %i, %l) {
    %k: int64[1] = constant {2}
    %v, %i = TopK(%x, %k)
    %l = Greater(%v, %v)
  })"),
            "Cast TopK Cast Greater");
}

TEST(WidenHalves, AnExplicitCastStillRounds) {
  EXPECT_EQ(widened(R"(graph g (%x: float32[2,4]) -> (%y) {
    %h = Cast(%x) {to = 10}
    %a = Neg(%h)
    %y = Cast(%a) {to = 1}
  })",
                    0),
            "Cast Cast Neg Cast");
}

TEST(WidenHalves, LeavesOtherTypesAlone) {
  EXPECT_EQ(widened(R"(graph g (%x: float32[2,4]) -> (%y) {
    %y = Relu(%x)
  })"),
            "Relu");
}

}  // namespace
}  // namespace headway
