#include "engine_testing.h"
#include "graph/verify.h"
#include "passes/pipeline.h"

namespace headway {
namespace {

/// Grows a graph of image operators in the patterns that passes look for, and in variations that
/// they must leave alone.
class Gardener {
 public:
  explicit Gardener(std::uint64_t seed) : random_(seed) {
    values_.push_back(graph_.add_input("x", {DType::kFloat32, SymbolicShape{Dim("N"), 4, 8, 8}}));
  }

  Graph grow() {
    const std::uint64_t steps = 4 + random_.below(12);
    for (std::uint64_t step = 0; step < steps; ++step) values_.push_back(sprout());
    graph_.add_output(values_.back());
    if (random_.below(3) == 0 && values_.size() > 2) add_middle_output();
    graph_.erase_dead();
    infer_types(graph_);
    return std::move(graph_);
  }

 private:
  void add_middle_output() {
    Value* value = values_[1 + random_.below(values_.size() - 2)];
    if (!graph_.is_output(value)) graph_.add_output(value);
  }

  Value* any() { return values_[random_.below(values_.size())]; }
  Value* recent() { return random_.below(3) == 0 ? any() : values_.back(); }

  Value* constant(const Shape& shape) {
    return graph_.add_constant("", random_tensor(shape, random_.next()));
  }

  Value* op(std::string_view name, std::vector<Value*> inputs, Attributes attributes = {}) {
    return graph_.add_node(name, std::move(inputs), {""}, std::move(attributes))->output();
  }

  Value* sprout() {
    switch (random_.below(12)) {
      case 0:
      case 1:
      case 2:
        return conv();
      case 3:
        return batch_norm();
      case 4:
        return op("Add", {recent(), any()});
      case 5:
        return op("Mul", {recent(), constant(random_.below(2) == 0 ? Shape{4, 1, 1} : Shape{8})});
      case 6:
        return op("Add", {constant({1, 4, 1, 1}), recent()});
      case 7:
        return gate();
      case 8:
        return pool();
      case 9:
        return op("Identity", {recent()});
      case 10:
        return concat_and_squeeze();
      default:
        return activation();
    }
  }

  Value* conv() {
    const bool depthwise = random_.below(4) == 0;
    const std::int64_t kernel = random_.below(2) == 0 ? 1 : 3;
    const std::int64_t pad = kernel / 2;
    std::vector<Value*> inputs = {recent(), constant({4, depthwise ? 1 : 4, kernel, kernel})};
    if (random_.below(2) == 0) inputs.push_back(constant({4}));
    return op("Conv", inputs,
              {{"pads", std::vector<std::int64_t>{pad, pad, pad, pad}},
               {"group", std::int64_t{depthwise ? 4 : 1}}});
  }

  Value* batch_norm() {
    Tensor variance = Tensor::allocate(DType::kFloat32, {4});
    for (float& element : variance.values<float>()) {
      element = 0.5f + static_cast<float>(random_.uniform());
    }
    return op("BatchNormalization", {recent(), constant({4}), constant({4}), constant({4}),
                                     graph_.add_constant("", variance)});
  }

  Value* activation() {
    constexpr std::array kNames = {"Relu", "Sigmoid", "HardSwish", "LeakyRelu", "HardSigmoid"};
    return op(kNames[random_.below(kNames.size())], {recent()});
  }

  Value* gate() {
    Value* x = recent();
    Value* factor = op("Sigmoid", {random_.below(2) == 0 ? x : any()});
    return op("Mul", {x, factor});
  }

  Value* pool() {
    return op(random_.below(2) == 0 ? "MaxPool" : "AveragePool", {recent()},
              {{"kernel_shape", std::vector<std::int64_t>{3, 3}},
               {"pads", std::vector<std::int64_t>{1, 1, 1, 1}}});
  }

  Value* concat_and_squeeze() {
    Value* wide = op("Concat", {recent(), any()}, {{"axis", std::int64_t{1}}});
    return op("Conv", {wide, constant({4, 8, 1, 1})});
  }

  Random random_;
  Graph graph_{"random"};
  std::vector<Value*> values_;
};

/// Magnitudes grow along a chain of layers; the tolerance is relative to the largest output.
constexpr double kTolerance = 2e-4;

void expect_agreement(const Graph& graph, const CompileOptions& options,
                      const std::vector<Tensor>& inputs, const std::vector<Tensor>& expected) {
  const Program program = Model(graph.clone()).compile(options);
  Session session(program);
  const auto actual = session.run(inputs);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_LT(relative_error(actual[i], expected[i]), kTolerance) << "output " << i;
  }
}

TEST(RandomGraphs, FusedUnfusedAndReferenceAgree) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Graph graph = Gardener(seed).grow();
    const std::vector<Tensor> inputs = {random_tensor({2, 4, 8, 8}, seed)};
    const std::vector<Tensor> expected = run_reference(graph, inputs);
    SCOPED_TRACE(testing::Message() << "seed " << seed << "\n" << print_graph(graph));
    expect_agreement(graph, {.threads = 2}, inputs, expected);
    expect_agreement(graph, {.threads = 2, .fuse = false}, inputs, expected);
    expect_agreement(graph, {.threads = 1, .input_shapes = {{2, 4, 8, 8}}}, inputs, expected);
    if (HasFailure()) return;
  }
}

TEST(RandomGraphs, AgreeOnADevice) {
  if (gpu_devices().empty()) GTEST_SKIP() << "no OpenCL device";
  for (std::uint64_t seed = 200; seed < 240; ++seed) {
    const Graph graph = Gardener(seed).grow();
    const std::vector<Tensor> inputs = {random_tensor({2, 4, 8, 8}, seed)};
    SCOPED_TRACE(testing::Message() << "seed " << seed << "\n" << print_graph(graph));
    expect_agreement(graph, {.threads = 2, .device = "gpu"}, inputs, run_reference(graph, inputs));
    if (HasFailure()) return;
  }
}

TEST(RandomGraphs, EveryPassAloneKeepsTheMeaning) {
  for (std::uint64_t seed = 100; seed < 140; ++seed) {
    const Graph graph = Gardener(seed).grow();
    const std::vector<Tensor> inputs = {random_tensor({2, 4, 8, 8}, seed)};
    const std::vector<Tensor> expected = run_reference(graph, inputs);
    for (const Pass* pass : pipeline()) {
      Graph rewritten = graph.clone();
      apply(*pass, rewritten);
      verify(rewritten);
      infer_types(rewritten);
      const std::vector<Tensor> actual = run_reference(rewritten, inputs);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_LT(relative_error(actual[i], expected[i]), kTolerance)
            << pass->name << ", seed " << seed << "\n"
            << print_graph(graph);
      }
    }
  }
}

}  // namespace
}  // namespace headway
