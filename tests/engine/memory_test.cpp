#include "engine_testing.h"

namespace headway {
namespace {

/// 4 × 1024 bytes per tensor, which is a multiple of the arena's alignment.
constexpr std::size_t kTensorBytes = 4096;

std::size_t arena_of(const std::string& body, const std::string& outputs = "%y") {
  const Model model =
      model_of("graph g (%x: float32[16,64]) -> (" + outputs + ") {\n" + body + "\n}\n");
  const Program program = model.compile({.threads = 1});
  Session session(program);
  const std::vector<Tensor> inputs = {random_tensor({16, 64}, 1)};
  const std::vector<Tensor> expected = run_reference(model.graph(), inputs);
  const auto actual = session.run(inputs);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_LT(relative_error(actual[i], expected[i]), 1e-5) << body;
  }
  EXPECT_LE(program.summary().peak_live_bytes, program.summary().arena_bytes) << body;
  return program.summary().arena_bytes;
}

TEST(Memory, ElementwiseChainsWorkInPlace) {
  EXPECT_EQ(arena_of("%a = Relu(%x)\n%b = Sigmoid(%a)\n%y = Exp(%b)"), kTensorBytes);
}

TEST(Memory, InputsOfTheCallerAreNeverOverwritten) {
  const Model model = model_of("graph g (%x: float32[4]) -> (%y) {\n%y = Relu(%x)\n}");
  const Program program = model.compile();
  Session session(program);
  const std::vector<Tensor> inputs = {Tensor::from<float>({4}, {-1.0f, 2.0f, -3.0f, 4.0f})};
  session.run(inputs);
  EXPECT_EQ(inputs[0].data<float>()[0], -1.0f);
}

TEST(Memory, ValuesThatAreReadAgainAreKept) {
  EXPECT_EQ(arena_of("%a = Relu(%x)\n%b = Sigmoid(%a)\n%y = Add(%a, %b)"), 2 * kTensorBytes);
}

TEST(Memory, ViewsShareTheirElements) {
  EXPECT_EQ(arena_of("%s: int64[3] = constant {4, 4, 64}\n%a = Relu(%x)\n%b = Reshape(%a, %s)\n"
                     "%c = Sigmoid(%b)\n%y = Flatten(%c)"),
            kTensorBytes);
}

TEST(Memory, AViewKeepsItsElementsAlive) {
  EXPECT_EQ(arena_of("%s: int64[1] = constant {1024}\n%a = Relu(%x)\n%b = Reshape(%a, %s)\n"
                     "%c = Sigmoid(%a)\n%d = Reshape(%c, %s)\n%y = Add(%b, %d)"),
            2 * kTensorBytes);
}

TEST(Memory, DeadValuesMakeRoom) {
  EXPECT_EQ(
      arena_of("%a = Transpose(%x)\n%b = Transpose(%a)\n%c = Transpose(%b)\n%y = Transpose(%c)"),
      2 * kTensorBytes);
}

TEST(Memory, AResidualIsOverwritten) {
  const Model model = model_of(R"(graph g (%x: float32[1,4,16,16]) -> (%y) {
    %w: float32[4,4,1,1] = constant random(1)
    %a = Conv(%x, %w)
    %b = Conv(%a, %w)
    %c = Add(%b, %a)
    %y = Relu(%c)
  })");
  const std::vector<Tensor> inputs = {random_tensor({1, 4, 16, 16}, 1)};
  const Program program = model.compile({.threads = 1});
  EXPECT_EQ(program.summary().nodes, 4u);  // Two convolutions between two reorderings.
  Session session(program);
  EXPECT_LT(relative_error(session.run(inputs)[0], run_reference(model.graph(), inputs)[0]), 1e-5);
}

TEST(Memory, PackedWeightsAreHeldOnce) {
  const Model model = model_of(R"(graph g (%x: float32[1,256]) -> (%y) {
    %w: float32[256,256] = constant random(1)
    %y = MatMul(%x, %w)
  })");
  EXPECT_EQ(model.compile({.threads = 1}).summary().weight_bytes, 256u * 256u * sizeof(float));
}

}  // namespace
}  // namespace headway
