#include <algorithm>
#include <atomic>
#include <thread>

#include "engine_testing.h"

namespace headway {
namespace {

const std::string kNet = R"(graph net (%x: float32[N,4,32,32]) -> (%y) {
  %w: float32[8,4,3,3] = constant random(1)
  %c = Conv(%x, %w) {pads = [1, 1, 1, 1]}
  %r = Relu(%c)
  %p = GlobalAveragePool(%r)
  %f = Flatten(%p)
  %m: float32[8,5] = constant random(2)
  %y = MatMul(%f, %m)
})";

std::vector<Tensor> batch_of(std::int64_t batch) {
  return {random_tensor({batch, 4, 32, 32}, 1)};
}

void expect_consistent(const Profile& profile, std::size_t steps, int threads) {
  EXPECT_EQ(profile.threads, threads);
  ASSERT_EQ(profile.ends_ns.size(), steps);
  ASSERT_EQ(profile.spans.size(), steps * static_cast<std::size_t>(threads));
  std::int64_t begin = profile.begin_ns;
  for (std::size_t step = 0; step < steps; ++step) {
    const std::int64_t end = profile.ends_ns[step];
    EXPECT_GE(end, begin);
    for (int thread = 0; thread < threads; ++thread) {
      const std::size_t index = step * static_cast<std::size_t>(threads);
      const ThreadSpan& span = profile.spans[index + static_cast<std::size_t>(thread)];
      EXPECT_GE(span.busy_ns, 0);
      EXPECT_LE(span.busy_ns, span.end_ns - span.begin_ns);
      if (thread > 0 && span.end_ns == 0) continue;
      EXPECT_GE(span.begin_ns, begin);
      EXPECT_LE(span.end_ns, end);
    }
    begin = end;
  }
}

TEST(Profile, DescribesEveryStep) {
  const Program program = model_of(kNet).compile({.fuse = false});
  Session session(program);
  const std::vector<StepInfo> steps = session.steps(batch_of(2));
  ASSERT_EQ(steps.size(), 4u);

  EXPECT_EQ(steps[0].op_type, "Conv");
  EXPECT_EQ(steps[0].category, StepCategory::kConvolution);
  EXPECT_EQ(steps[0].output_shape, (Shape{2, 8, 32, 32}));
  EXPECT_EQ(steps[0].flops, 2 * 2 * 8 * 32 * 32 * 4 * 9);
  EXPECT_EQ(steps[0].bytes_read, 4 * (2 * 4 * 32 * 32 + 8 * 4 * 9));
  EXPECT_EQ(steps[0].bytes_written, 4 * 2 * 8 * 32 * 32);
  EXPECT_NE(steps[0].algorithm, "");

  EXPECT_EQ(steps[2].op_type, "GlobalAveragePool");
  EXPECT_EQ(steps[2].category, StepCategory::kMemory);
  EXPECT_EQ(steps[2].flops, 0);

  EXPECT_EQ(steps[3].category, StepCategory::kGemm);
  EXPECT_EQ(steps[3].algorithm, "gemm");
  EXPECT_EQ(steps[3].flops, 2 * 2 * 8 * 5);
}

TEST(Profile, NamesReferenceKernels) {
  const Program program = model_of(kNet).compile({.reference = true});
  Session session(program);
  for (const StepInfo& step : session.steps(batch_of(1))) {
    EXPECT_EQ(step.category, StepCategory::kReference);
    EXPECT_EQ(step.algorithm, "reference");
  }
}

TEST(Profile, NamesCopiesOfOutputs) {
  const Program program =
      model_of("graph g (%x: float32[2,3]) -> (%x) {\n}").compile({.threads = 1});
  Session session(program);
  const auto steps = session.steps(std::vector<Tensor>{random_tensor({2, 3}, 1)});
  ASSERT_EQ(steps.size(), 1u);
  EXPECT_EQ(steps[0].op_type, "Identity");
  EXPECT_EQ(steps[0].bytes_written, 24);
}

TEST(Profile, CountsAlgorithms) {
  const Program program = model_of(R"(graph g (%x: float32[1,4]) -> (%y) {
    %m: float32[4,4] = constant random(2)
    %a = MatMul(%x, %m)
    %b = Exp(%a)
    %y = MatMul(%b, %m)
  })")
                              .compile();
  EXPECT_EQ(program.summary().algorithms, (std::map<std::string, std::size_t>{{"gemm", 2}}));
}

TEST(Profile, TimesEveryStepAndComputesTheSame) {
  const Model model = model_of(kNet);
  for (const int threads : {1, 3}) {
    const Program program = model.compile({.threads = threads});
    Session session(program);
    Profile profile;
    for (const std::int64_t batch : {2, 1, 2}) {
      const std::vector<Tensor> inputs = batch_of(batch);
      const Tensor profiled = session.run_profiled(inputs, profile)[0].clone();
      EXPECT_EQ(relative_error(profiled, session.run(inputs)[0]), 0.0);
      expect_consistent(profile, session.steps(inputs).size(), threads);
    }
  }
}

TEST(Profile, DoesNotDisturbOtherSessions) {
  const Program program = model_of(kNet).compile({.threads = 2});
  std::atomic<int> wrong = 0;
  std::vector<std::thread> callers;
  for (const bool profiled : {true, true, false}) {
    callers.emplace_back([&, profiled] {
      Session session(program);
      const std::vector<Tensor> inputs = batch_of(1);
      const Tensor expected = session.run(inputs)[0].clone();
      Profile profile;
      for (int call = 0; call < 20; ++call) {
        const auto outputs = profiled ? session.run_profiled(inputs, profile) : session.run(inputs);
        if (relative_error(outputs[0], expected) > 1e-6) ++wrong;
      }
      if (profiled) expect_consistent(profile, session.steps(inputs).size(), 2);
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Profile, RefusesInputsThatDoNotFit) {
  const Program program = model_of(kNet).compile();
  Session session(program);
  Profile profile;
  const std::vector<Tensor> inputs = {random_tensor({1, 4, 31, 32}, 1)};
  EXPECT_THROW(session.run_profiled(inputs, profile), Error);
  EXPECT_THROW(session.steps(inputs), Error);
}

}  // namespace
}  // namespace headway
