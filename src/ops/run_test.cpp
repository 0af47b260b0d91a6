#include <cstring>

#include "ops/op_testing.h"

namespace headway {
namespace {

/// relu(conv(x, w)) + x
Graph residual_block() {
  Graph graph;
  Value* x = graph.add_input("x", type_of({symbol("N"), 2, 4, 4}));
  Value* w = graph.add_constant("w", random_floats({2, 2, 3, 3}, 7));
  Value* conv = graph.add_node("Conv", {x, w}, {""}, {{"pads", list({1, 1, 1, 1})}})->output();
  Value* relu = graph.add_node("Relu", {conv})->output();
  Value* sum = graph.add_node("Add", {relu, x}, {"y"})->output();
  graph.add_output(sum);
  graph.add_output(x);
  return graph;
}

TEST(RunReference, RunsAGraph) {
  const Graph graph = residual_block();
  const std::vector<Tensor> inputs = {random_floats({3, 2, 4, 4})};
  const std::vector<Tensor> outputs = run_reference(graph, inputs);
  ASSERT_EQ(outputs.size(), 2u);
  const Tensor conv =
      run_op("Conv", {inputs[0], random_floats({2, 2, 3, 3}, 7)}, {{"pads", list({1, 1, 1, 1})}});
  expect_near(outputs[0], run_op("Add", {run_op("Relu", {conv}), inputs[0]}));
  expect_near(outputs[1], inputs[0], 0.0);
}

TEST(RunReference, RefusesInputsThatDoNotFit) {
  const Graph graph = residual_block();
  const auto run = [&](std::vector<Tensor> inputs) {
    return [&graph, inputs] { run_reference(graph, inputs); };
  };
  const ErrorCode bad = ErrorCode::kInvalidArgument;
  expect_error(bad, {"takes 1 input", "0"}, run({}));
  expect_error(bad, {"'x'", "nothing was given"}, run({Tensor()}));
  expect_error(bad, {"'x'", "[N,2,4,4]", "1x3x4x4"}, run({random_floats({1, 3, 4, 4})}));
  expect_error(bad, {"'x'", "float64"}, run({random_floats({1, 2, 4, 4}).to(DType::kFloat64)}));
  expect_error(bad, {"'x'", "scalar"}, run({random_floats({})}));
}

TEST(RunReference, FollowsShapesThatDependOnData) {
  Graph graph;
  Value* n = graph.add_input("n", type_of({}, DType::kInt64));
  Value* zero = graph.add_constant("zero", Tensor::from<std::int64_t>({}, {0}));
  Value* one = graph.add_constant("one", Tensor::from<std::int64_t>({}, {1}));
  Value* range = graph.add_node("Range", {zero, n, one})->output();
  graph.add_output(graph.add_node("Add", {range, range})->output());
  const std::vector<Tensor> inputs = {Tensor::from<std::int64_t>({}, {4})};
  EXPECT_EQ(to_ints(run_reference(graph, inputs).front()), (std::vector<std::int64_t>{0, 2, 4, 6}));
}

TEST(RunReference, AcceptsUnalignedConstants) {
  std::vector<unsigned char> bytes(2 * sizeof(float) + 1);
  const float values[] = {1.5f, -2.0f};
  std::memcpy(bytes.data() + 1, values, sizeof values);
  Graph graph;
  Value* x = graph.add_input("x", type_of({2}));
  Value* c =
      graph.add_constant("c", Tensor::borrow(bytes.data() + 1, DType::kFloat32, {2}, nullptr));
  graph.add_output(graph.add_node("Add", {x, c})->output());
  infer_types(graph);
  expect_near(run_reference(graph, std::vector<Tensor>{floats({2}, {1, 1})}).front(),
              floats({2}, {2.5, -1}));
}

/// Every floating-point dtype, against float64 rounded once.
TEST(RunReference, AllFloatTypesAgree) {
  const Tensor a = random_floats({3, 4}), b = random_floats({4, 5}, 2);
  for (const DType dtype : {DType::kFloat16, DType::kBFloat16, DType::kFloat32}) {
    const Tensor left = a.to(dtype), right = b.to(dtype);
    const Tensor exact = run_op("MatMul", {left.to(DType::kFloat64), right.to(DType::kFloat64)});
    expect_near(run_op("MatMul", {left, right}), exact.to(dtype), 0.0);
    expect_near(run_op("Sigmoid", {left}), run_op("Sigmoid", {left.to(DType::kFloat64)}).to(dtype),
                0.0);
  }
}

}  // namespace
}  // namespace headway
