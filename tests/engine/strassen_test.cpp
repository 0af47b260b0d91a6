#include "engine_testing.h"

namespace headway {
namespace {

const std::string kLayer = R"(graph layer (%x: float32[N,768]) -> (%y) {
  %w: float32[768,1024] = constant random(1)
  %b: float32[1024] = constant random(2)
  %v: float32[1024,768] = constant random(3)
  %h = MatMul(%x, %w)
  %s = Add(%h, %b)
  %g = Relu(%s)
  %m = MatMul(%g, %v)
  %y = Add(%m, %x)
})";

TEST(Strassen, MultipliesLargeMatricesUnlessSumsAreToBePlain) {
  const std::vector<Tensor> inputs = {random_tensor({200, 768}, 1)};
  const Model model = model_of(kLayer);
  Session reference(model.compile({.reference = true}));
  const Tensor expected = reference.run(inputs)[0];
  for (const std::string& isa : available_isas()) {
    const ScopedVariable forced("HEADWAY_ISA", isa);
    for (const bool winograd : {true, false}) {
      const Program program =
          model.compile({.threads = 2, .tune = Tune::kOff, .winograd = winograd});
      Session session(program);
      EXPECT_LT(relative_error(session.run(inputs)[0], expected), winograd ? 1e-5 : 2e-6) << isa;
      for (const StepInfo& step : session.steps(inputs)) {
        EXPECT_EQ(step.algorithm, winograd ? "strassen" : "gemm") << isa << ' ' << step.name;
      }
    }
  }
}

TEST(Strassen, LeavesSmallProductsAlone) {
  const std::vector<Tensor> inputs = {random_tensor({8, 768}, 1)};
  Session session(model_of(kLayer).compile({.threads = 2, .tune = Tune::kOff}));
  for (const StepInfo& step : session.steps(inputs)) EXPECT_EQ(step.algorithm, "gemm");
}

TEST(Strassen, LeavesRowsOfZerosWhatIsDividedByTheirNorm) {
  const Model model = model_of(R"(graph unit (%x: float32[N,768]) -> (%y) {
    %w: float32[768,1024] = constant random(1)
    %heads: int64[3] = constant {-1, 2, 512}
    %smallest: float32[] = constant {1e-12}
    %p = MatMul(%x, %w)
    %h = Reshape(%p, %heads)
    %t = Transpose(%h) {perm = [1, 0, 2]}
    %n = ReduceL2(%t) {axes = [-1], keepdims = 1}
    %m = Max(%n, %smallest)
    %y = Div(%t, %m)
  })");
  std::vector<Tensor> inputs = {random_tensor({200, 768}, 1)};
  std::fill_n(inputs[0].data<float>() + 7 * 768, 3 * 768, 0.0f);
  Session reference(model.compile({.reference = true}));
  const Tensor expected = reference.run(inputs)[0];
  for (const std::string& isa : available_isas()) {
    const ScopedVariable forced("HEADWAY_ISA", isa);
    Session session(model.compile({.threads = 2, .tune = Tune::kOff}));
    EXPECT_LT(relative_error(session.run(inputs)[0], expected), 1e-5) << isa;
  }
}

}  // namespace
}  // namespace headway
