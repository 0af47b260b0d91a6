#include <atomic>
#include <thread>

#include "engine_testing.h"

namespace headway {
namespace {

const std::string kNet = R"(graph net (%x: float32[N,4,9,9]) -> (%y) {
  %w: float32[4,4,3,3] = constant random(1)
  %b: float32[4] = constant random(2)
  %c = Conv(%x, %w, %b) {pads = [1, 1, 1, 1]}
  %r = Relu(%c)
  %d = Conv(%r, %w) {pads = [1, 1, 1, 1]}
  %a = Add(%d, %x)
  %p = GlobalAveragePool(%a)
  %y = Flatten(%p)
})";

/// Every thread has a session and inputs of its own and expects its own results.
void race(const Program& program, const Model& model, int threads) {
  std::atomic<int> wrong = 0;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < threads; ++caller) {
    callers.emplace_back([&, caller] {
      const Shape shape = {1 + caller % 3, 4, 9, 9};
      const std::vector<Tensor> inputs = {random_tensor(shape, static_cast<std::uint64_t>(caller))};
      const std::vector<Tensor> expected = run_reference(model.graph(), inputs);
      Session session(program);
      for (int call = 0; call < 20; ++call) {
        if (relative_error(session.run(inputs)[0], expected[0]) > 1e-5) ++wrong;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Sessions, OfOneProgramRunAtOnce) {
  const Model model = model_of(kNet);
  race(model.compile({.threads = 2}), model, 4);
}

TEST(Sessions, OnReferenceKernelsToo) {
  const Model model = model_of(kNet);
  race(model.compile({.threads = 2, .reference = true}), model, 4);
}

TEST(Sessions, ResultsDoNotDependOnTheNumberOfThreads) {
  const Model model = model_of(kNet);
  const std::vector<Tensor> inputs = {random_tensor({3, 4, 9, 9}, 5)};
  const Program one = model.compile({.threads = 1}), three = model.compile({.threads = 3});
  Session a(one), b(three);
  EXPECT_LT(relative_error(a.run(inputs)[0], b.run(inputs)[0]), 1e-6);
}

TEST(Sessions, OutputsBelongToTheSession) {
  const Program program = model_of(kNet).compile();
  Session first(program), second(program);
  const std::vector<Tensor> inputs = {random_tensor({1, 4, 9, 9}, 1)};
  const Tensor kept = first.run(inputs)[0];
  const Tensor copy = kept.clone();
  second.run(std::vector<Tensor>{random_tensor({1, 4, 9, 9}, 2)});
  EXPECT_EQ(relative_error(kept, copy), 0.0);
  EXPECT_EQ(first.run(inputs)[0].raw(), kept.raw());
}

TEST(Sessions, OutliveTheirProgramHandle) {
  auto program = std::make_unique<Program>(model_of(kNet).compile());
  Session session(*program);
  program.reset();
  EXPECT_EQ(session.run(std::vector<Tensor>{random_tensor({2, 4, 9, 9}, 1)})[0].shape(),
            (Shape{2, 4}));
}

TEST(Sessions, AValueMayBeReturnedTwiceAndUnderAView) {
  const Model model = model_of(R"(graph net (%x: float32[2,3]) -> (%r, %f, %x, %k) {
    %k: float32[2] = constant {1.0, 2.0}
    %r = Relu(%x)
    %s: int64[1] = constant {6}
    %f = Reshape(%r, %s)
  })");
  const std::vector<Tensor> inputs = {random_tensor({2, 3}, 1)};
  const auto expected = run_reference(model.graph(), inputs);
  const Program program = model.compile();
  Session session(program);
  const auto outputs = session.run(inputs);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    EXPECT_EQ(relative_error(outputs[i], expected[i]), 0.0) << i;
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(outputs[i].raw(), outputs[j].raw());
  }
}

}  // namespace
}  // namespace headway
