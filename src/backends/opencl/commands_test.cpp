#include "backends/opencl/commands.h"

#include "backends/opencl/test_support.h"

namespace headway::opencl {
namespace {

/// Runs the steps of a graph on memory that stays, as often as there are inputs.
std::vector<Tensor> run_frozen(Context& context, const Graph& graph,
                               const std::vector<Tensor>& inputs, bool& is_frozen) {
  DeviceWeights weights(context, false);
  Lowering lowering{context, weights};
  const std::size_t bytes = inputs[0].byte_size();
  const Buffer x = context.allocate(bytes), y = context.allocate(bytes),
               z = context.allocate(bytes);
  const std::vector<std::vector<Buffer>> operands = {{x}, {y}, {z}};
  const CommandQueue queue = context.queue(false);
  Commands commands(context);
  std::vector<std::unique_ptr<Step>> steps;
  for (const Node* node : graph.nodes()) {
    steps.push_back(lower(*node, lowering));
    commands.begin_step();
    steps.back()->record(commands, {operands[steps.size() - 1], operands[steps.size()], nullptr});
  }
  commands.freeze(queue.get());
  is_frozen = commands.is_frozen();
  std::vector<Tensor> outputs;
  for (const Tensor& input : inputs) {
    check(context.cl().clEnqueueWriteBuffer(queue.get(), x.get(), CL_FALSE, 0, bytes, input.raw(),
                                            0, nullptr, nullptr),
          "clEnqueueWriteBuffer");
    commands.enqueue(queue.get());
    Tensor output = Tensor::allocate(DType::kFloat32, input.shape());
    check(context.cl().clEnqueueReadBuffer(queue.get(), z.get(), CL_TRUE, 0, bytes, output.raw(), 0,
                                           nullptr, nullptr),
          "clEnqueueReadBuffer");
    outputs.push_back(std::move(output));
  }
  return outputs;
}

TEST(OpenClCommands, ReplayOnWhatIsInTheirBuffersThen) {
  HEADWAY_OPEN_DEVICE(context);
  Graph graph = parse_graph("graph g (%x: float32[100]) -> (%z) { %y = Relu(%x) %z = Neg(%y) }");
  infer_types(graph);
  std::vector<Tensor> inputs;
  for (const float sign : {1.0f, -1.0f, 2.0f}) {
    Tensor input = random_inputs(graph)[0];
    for (float& element : input.values<float>()) element *= sign;
    inputs.push_back(std::move(input));
  }
  bool is_frozen = false;
  const std::vector<Tensor> outputs = run_frozen(*context, graph, inputs, is_frozen);
  EXPECT_EQ(is_frozen, context->device().has("cl_khr_command_buffer"));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor expected = run_reference(graph, std::vector<Tensor>{inputs[i]})[0];
    EXPECT_TRUE(compare(outputs[i], expected, 0, 0).agrees()) << i;
  }
}

}  // namespace
}  // namespace headway::opencl
