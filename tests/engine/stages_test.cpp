#include <thread>

#include <malloc.h>

#include "engine_testing.h"

namespace headway {
namespace {

Tensor scalar(std::int64_t value) {
  return Tensor::from<std::int64_t>({}, {value});
}

/// Runs on every instruction set and on reference kernels; both must give what the graph means.
void expect_meaning(const std::string& text, const std::vector<std::vector<Datum>>& runs) {
  const Model model = model_of(text);
  std::vector<std::string> paths = available_isas();
  paths.push_back("reference");
  for (const std::string& path : paths) {
    const ScopedVariable isa("HEADWAY_ISA", path == "reference" ? "portable" : path);
    Session session(model.compile({.threads = 2, .reference = path == "reference"}));
    for (const std::vector<Datum>& inputs : runs) {
      const std::vector<Datum> expected = interpret(model.graph(), inputs);
      const std::span<const Datum> actual = session.evaluate(inputs);
      ASSERT_EQ(actual.size(), expected.size());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_EQ(actual[i].is_tensor(), expected[i].is_tensor()) << "on " << path;
        if (expected[i].is_tensor()) {
          EXPECT_LT(relative_error(actual[i].tensor(), expected[i].tensor()), 1e-5)
              << "output " << i << " on " << path;
        } else if (expected[i].is_sequence()) {
          ASSERT_EQ(actual[i].elements().size(), expected[i].elements().size());
          for (std::size_t k = 0; k < expected[i].elements().size(); ++k)
            EXPECT_LT(relative_error(actual[i].elements()[k], expected[i].elements()[k]), 1e-5);
        }
      }
    }
  }
}

const std::string kLoop = R"(graph g (%x: float32[8,8], %n: int64[]) -> (%y, %all) {
  %r = Relu(%x)
  %y, %all = Loop(%n, _, %x, %r) {captures = 1, body =
    graph body (%i: int64[], %c: bool[], %v: float32[8,8], %outer: float32[8,8])
        -> (%go, %w, %row) {
      %limit: float32[] = constant {1000.0}
      %zero: int64[] = constant {0}
      %p = MatMul(%v, %outer)
      %w = Tanh(%p)
      %row = Gather(%w, %zero)
      %s = ReduceSum(%w) {keepdims = 0}
      %go = Less(%s, %limit)
    }}
})";

TEST(Stages, LoopsRunTheirBodies) {
  expect_meaning(kLoop, {{random_tensor({8, 8}, 1), scalar(5)},
                         {random_tensor({8, 8}, 2), scalar(1)},
                         {random_tensor({8, 8}, 3), scalar(0)}});
}

TEST(Stages, BranchesSeeWhatIsAroundThem) {
  const std::string text = R"(graph g (%x: float32[N,4], %c: bool[]) -> (%y) {
    %a = Relu(%x)
    %y = If(%c, %a, %x) {captures = 2,
      then_branch = graph t (%a: float32[N,4], %x: float32[N,4]) -> (%s) {
        %s = Add(%a, %x)
      },
      else_branch = graph e (%a: float32[N,4], %x: float32[N,4]) -> (%m) {
        %m = ReduceMean(%x) {axes = [1]}
      }}
  })";
  expect_meaning(text, {{random_tensor({3, 4}, 1), Tensor::from<bool>({}, {true})},
                        {random_tensor({3, 4}, 1), Tensor::from<bool>({}, {false})},
                        {random_tensor({5, 4}, 2), Tensor::from<bool>({}, {true})}});
}

TEST(Stages, BranchesThatShapesDecideArePlanned) {
  const std::string text = R"(graph g (%x: float32[N,4]) -> (%y) {
    %s = Shape(%x)
    %zero: int64[] = constant {0}
    %two: int64[] = constant {2}
    %n = Gather(%s, %zero)
    %c = Equal(%n, %two)
    %y = If(%c, %x) {captures = 1,
      then_branch = graph t (%v: float32[N,4]) -> (%r) { %r = Relu(%v) },
      else_branch = graph e (%v: float32[N,4]) -> (%r) { %r = Neg(%v) }}
  })";
  const Tensor two = random_tensor({2, 4}, 1), three = random_tensor({3, 4}, 2);
  expect_meaning(text, {{two}, {three}, {two}});
  Session session(model_of(text).compile());
  for (const Tensor& x : {two, three}) {
    const std::vector<StepInfo> steps = session.steps(std::vector{x});
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_EQ(steps[0].op_type, x.dim(0) == 2 ? "Relu" : "Neg");
  }
}

TEST(Stages, ShapesMayDependOnData) {
  const std::string text = R"(graph g (%x: float32[N,M]) -> (%y, %n) {
    %zero: float32[] = constant {0.0}
    %positive = Greater(%x, %zero)
    %n = NonZero(%positive)
    %t = Transpose(%n) {perm = [1, 0]}
    %picked = GatherND(%x, %t)
    %e = Exp(%picked)
    %s = Shape(%e)
    %h = Expand(%zero, %s)
    %y = Add(%e, %h)
  })";
  expect_meaning(text, {{random_tensor({3, 5}, 1)},
                        {random_tensor({3, 5}, 2)},
                        {random_tensor({7, 2}, 3)},
                        {Tensor::zeros(DType::kFloat32, {2, 2})}});
}

TEST(Stages, ShapesMayComeInAtRunTime) {
  const std::string text = R"(graph g (%x: float32[12], %s: int64[2], %k: int64[1]) -> (%y, %v) {
    %r = Reshape(%x, %s)
    %a = Relu(%r)
    %v, %i = TopK(%a, %k) {axis = -1}
    %b: float32[1] = constant {2.0}
    %y = Mul(%v, %b)
  })";
  const auto pair = [](std::int64_t a, std::int64_t b) {
    return Tensor::from<std::int64_t>({2}, {a, b});
  };
  const auto one = [](std::int64_t a) { return Tensor::from<std::int64_t>({1}, {a}); };
  expect_meaning(text, {{random_tensor({12}, 1), pair(3, 4), one(2)},
                        {random_tensor({12}, 1), pair(2, -1), one(6)}});
}

TEST(Stages, SequencesOfABatchMayHaveLengthsOfTheirOwn) {
  const Model model = model_of(R"(graph g (%n: int64[2], %s: float32[2], %x: float32[2,3])
      -> (%sum, %sums) {
    %sum, %sums = headway.BatchedScan(%n, %s, %x) {num_scan_inputs = 1, body =
      graph step (%a: float32[], %e: float32[]) -> (%r, %t) {
        %r = Add(%a, %e)
        %t = Identity(%r)
      }}
  })");
  Session session(model.compile());
  const Tensor start = Tensor::from<float>({2}, {0, 100});
  const Tensor x = Tensor::from<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  const auto run = [&](std::initializer_list<std::int64_t> lengths) {
    const std::vector<Tensor> inputs = {Tensor::from<std::int64_t>({2}, lengths), start, x};
    std::vector<float> all;
    for (const Tensor& output : session.run(inputs))
      all.insert(all.end(), output.values<float>().begin(), output.values<float>().end());
    return all;
  };
  EXPECT_EQ(run({3, 3}), (std::vector<float>{6, 115, 1, 3, 6, 104, 109, 115}));
  EXPECT_EQ(run({2, 1}), (std::vector<float>{3, 104, 1, 3, 0, 104, 0, 0}));
  EXPECT_THROW(run({2, 4}), Error);
}

TEST(Stages, SequencesGrowInLoops) {
  const std::string text = R"(graph g (%x: float32[4], %n: int64[]) -> (%all, %joined) {
    %empty = SequenceEmpty()
    %all = Loop(%n, _, %empty, %x) {captures = 1, body =
      graph body (%i: int64[], %c: bool[], %s: seq(float32[...]), %x: float32[4]) -> (%c, %t) {
        %f = Cast(%i) {to = 1}
        %e = Add(%x, %f)
        %t = SequenceInsert(%s, %e)
      }}
    %joined = ConcatFromSequence(%all) {axis = 0, new_axis = 1}
  })";
  expect_meaning(text, {{random_tensor({4}, 1), scalar(3)}, {random_tensor({4}, 2), scalar(7)}});
}

TEST(Stages, TensorsOfStringsFlow) {
  const Model model = model_of(R"(graph g (%a: string[N], %b: string[1]) -> (%y, %same) {
    %y = StringConcat(%a, %b)
    %same = Equal(%a, %b)
  })");
  Session session(model.compile());
  const std::vector<Tensor> inputs = {Tensor::from<std::string>({2}, {"x", "!"}),
                                      Tensor::from<std::string>({1}, {"!"})};
  const auto outputs = session.run(inputs);
  EXPECT_EQ(outputs[0].values<std::string>()[0], "x!");
  EXPECT_FALSE(outputs[1].values<bool>()[0]);
  EXPECT_TRUE(outputs[1].values<bool>()[1]);
}

TEST(Stages, OutputsThatAreNoTensorsNeedTheGeneralForm) {
  const Model model = model_of(R"(graph g (%x: float32[2]) -> (%s) {
    %s = SequenceConstruct(%x, %x)
  })");
  EXPECT_EQ(model.outputs()[0].container, Container::kSequence);
  Session session(model.compile());
  const std::vector<Tensor> inputs = {random_tensor({2}, 1)};
  EXPECT_THROW(session.run(inputs), Error);
  const std::vector<Datum> data = {inputs[0]};
  EXPECT_EQ(session.evaluate(data)[0].elements().size(), 2U);
}

TEST(Stages, EvaluateRunsPlannedProgramsToo) {
  const Model model = model_of("graph g (%x: float32[2]) -> (%y) {\n%y = Neg(%x)\n}");
  Session session(model.compile());
  const std::vector<Datum> data = {Tensor::from<float>({2}, {1, -2})};
  EXPECT_EQ(session.evaluate(data)[0].tensor().values<float>()[1], 2.0F);
  const std::vector<Datum> nothing(1);
  EXPECT_THROW(session.evaluate(nothing), Error);
}

/// Each value fits by itself.
TEST(Stages, MemoryIsLimitedInAll) {
  const auto run = [](const std::string& text, std::vector<Datum> inputs, bool reference = false) {
    try {
      Session session(model_of(text).compile(
          {.threads = 1, .fuse = false, .reference = reference, .memory_limit = 1 << 20}));
      session.evaluate(inputs);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kOutOfMemory);
      return std::string(error.what());
    }
    return std::string();
  };
  const Tensor x = random_tensor({150'000}, 1);
  EXPECT_EQ(run("graph g (%x: float32[150000]) -> (%a) {\n%a = Relu(%x)\n}", {x}), "");
  EXPECT_NE(run("graph g (%x: float32[150000]) -> (%a, %b) {\n%a = Relu(%x)\n%b = Tanh(%x)\n}", {x})
                .find("at once"),
            std::string::npos);
  const std::string two = R"(graph g (%x: float32[1], %s: int64[1]) -> (%a, %b) {
    %a = Expand(%x, %s)
    %b = Expand(%x, %s)
  })";
  const std::string grows = R"(graph g (%x: float32[1]) -> (%y) {
    %go: bool[] = constant {true}
    %y = Loop(_, %go, %x) {body =
      graph b (%i: int64[], %c: bool[], %v: float32[?]) -> (%c, %w) {
        %w = Concat(%v, %v) {axis = 0}
      }}
  })";
  for (const bool reference : {false, true}) {
    const Tensor one = random_tensor({1}, 1);
    EXPECT_NE(run(two, {one, Tensor::from<std::int64_t>({1}, {150'000})}, reference)
                  .find("node 'b' (Expand)"),
              std::string::npos);
    EXPECT_NE(run(grows, {one}, reference).find("memory limit"), std::string::npos);
  }
}

TEST(Stages, RefusesWhatNeedsTooMuchMemory) {
  const auto run = [](const std::string& text, std::vector<Datum> inputs) -> std::string {
    try {
      Session session(model_of(text).compile({.threads = 1, .memory_limit = 1 << 20}));
      session.evaluate(inputs);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kOutOfMemory);
      return error.what();
    }
    return "";
  };
  const Tensor huge = Tensor::from<std::int64_t>({2}, {1 << 20, 1 << 20});
  EXPECT_NE(run("graph g (%s: int64[2]) -> (%y) {\n%y = ConstantOfShape(%s) \"fill\"\n}", {huge})
                .find("node 'fill' (ConstantOfShape)"),
            std::string::npos);
  EXPECT_NE(run("graph g (%x: float32[1], %s: int64[2]) -> (%y) {\n%y = Expand(%x, %s)\n}",
                {random_tensor({1}, 1), huge})
                .find("node 'y' (Expand)"),
            std::string::npos);
  EXPECT_NE(run("graph g (%x: float32[1024]) -> (%y) {\n%r: int64[1] = constant {1024}\n"
                "%y = Tile(%x, %r)\n}",
                {random_tensor({1024}, 1)})
                .find("node 'y' (Tile)"),
            std::string::npos);
  EXPECT_NE(run(R"(graph g (%x: float32[1024], %n: int64[]) -> (%y) {
    %y = Loop(%n, _, %x) {captures = 1, body =
      graph b (%i: int64[], %c: bool[], %x: float32[1024]) -> (%c, %r) {
        %r = Relu(%x)
      }}
  })",
                {random_tensor({1024}, 1), scalar(1 << 20)})
                .find("node 'y' (Loop)"),
            std::string::npos);
}

std::size_t bytes_in_use() {
  return mallinfo2().uordblks + mallinfo2().hblkhd;
}

/// What 10,000 runs with different shapes leave behind, after the first 500.
std::size_t growth(const std::string& text) {
  Session session(model_of(text).compile({.threads = 1, .tune = Tune::kOff}));
  std::size_t before = 0;
  for (std::int64_t i = 1; i <= 10'000; ++i) {
    if (i == 500) before = bytes_in_use();
    const std::vector<Tensor> inputs = {random_tensor({i % 100 + 1, i / 100 + 1}, 1)};
    session.run(inputs);
  }
  const std::size_t after = bytes_in_use();
  return after > before ? after - before : 0;
}

TEST(Stages, TenThousandShapesLeaveNothingBehind) {
  constexpr std::size_t kCached = std::size_t{8} << 20;
  EXPECT_LT(growth(R"(graph g (%x: float32[N,M]) -> (%y) {
    %r = Relu(%x)
    %s = Shape(%r)
    %f = Reshape(%r, %s)
    %y = Exp(%f)
  })"),
            kCached);
  EXPECT_LT(growth(R"(graph g (%x: float32[N,M]) -> (%y) {
    %n = NonZero(%x)
    %t = Transpose(%n) {perm = [1, 0]}
    %p = GatherND(%x, %t)
    %y = Relu(%p)
  })"),
            kCached);
}

TEST(Stages, SessionsOfOneProgramRunAtOnce) {
  const Model model = model_of(kLoop);
  const Program program = model.compile({.threads = 1});
  std::vector<std::thread> threads;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    threads.emplace_back([&, seed] {
      Session session(program);
      const std::vector<Datum> inputs = {random_tensor({8, 8}, seed), scalar(4)};
      const std::vector<Datum> expected = interpret(model.graph(), inputs);
      for (int i = 0; i < 20; ++i) {
        EXPECT_LT(relative_error(session.evaluate(inputs)[0].tensor(), expected[0].tensor()), 1e-5);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Stages, ProfilesListPlannedStepsAndEvaluatedNodes) {
  const Model model = model_of(R"(graph g (%x: float32[8]) -> (%y) {
    %r = Relu(%x)
    %n = NonZero(%r)
    %y = Cast(%n) {to = 1}
  })");
  Session session(model.compile());
  const std::vector<Tensor> inputs = {random_tensor({8}, 1)};
  Profile profile;
  session.run_profiled(inputs, profile);
  const std::vector<StepInfo> steps = session.steps(inputs);
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[1].op_type, "NonZero");
  EXPECT_EQ(steps[1].category, StepCategory::kReference);
  ASSERT_EQ(profile.ends_ns.size(), 3U);
  ASSERT_EQ(profile.spans.size(), 3U * static_cast<std::size_t>(profile.threads));
  EXPECT_EQ(profile.spans[0].begin_ns, profile.begin_ns);
  session.run(inputs);
  EXPECT_EQ(session.steps(inputs).size(), 3U);
}

}  // namespace
}  // namespace headway
