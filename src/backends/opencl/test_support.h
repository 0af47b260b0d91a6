#pragma once

#include <cstdlib>
#include <string>
#include <unordered_map>
#include <vector>

#include <gtest/gtest.h>

#include "backends/opencl/lowering.h"
#include "base/random.h"
#include "graph/text.h"
#include "ops/operator.h"
#include "tensor/compare.h"
#include "tensor/dispatch.h"

namespace headway::opencl {

/// The first OpenCL device, opened; nullptr if there is none, which skips the test, or fails it
/// where the environment promises one (HEADWAY_TEST_OPENCL=1).
inline std::unique_ptr<Context> open_first_device() {
  const std::vector<Device> devices = find_devices();
  if (!devices.empty()) return std::make_unique<Context>(devices.front());
  EXPECT_EQ(std::getenv("HEADWAY_TEST_OPENCL"), nullptr) << "there is no OpenCL device";
  return nullptr;
}

#define HEADWAY_OPEN_DEVICE(context)        \
  const auto context = open_first_device(); \
  if (context == nullptr) GTEST_SKIP() << "no OpenCL device"

/// Runs a typed graph node by node, each on memory of its own. Fails the test for a node that has
/// no step.
inline std::vector<Tensor> run_on_device(Context& context, const Graph& graph,
                                         const std::vector<Tensor>& inputs) {
  DeviceWeights weights(context, false);
  Lowering lowering{context, weights};
  Commands commands(context);
  std::unordered_map<const Value*, Buffer> buffers;
  std::vector<std::unique_ptr<Step>> steps;
  const auto bytes_of = [](const Value* value) {
    return static_cast<std::size_t>(num_elements(*value->type.static_shape())) *
           size_of(value->type.dtype);
  };
  for (std::size_t i = 0; i < inputs.size(); ++i)
    buffers[graph.inputs()[i]] = context.upload(inputs[i].raw(), inputs[i].byte_size());
  for (const Node* node : graph.nodes()) {
    std::vector<Buffer> reads, writes;
    for (const Value* input : node->inputs()) {
      if (input != nullptr && input->is_constant() && !buffers.contains(input))
        buffers[input] = context.upload(input->constant().raw(), input->constant().byte_size());
      reads.push_back(input == nullptr ? nullptr : buffers.at(input));
    }
    for (const Value* output : node->outputs()) {
      if (output != nullptr) buffers[output] = context.allocate(bytes_of(output));
      writes.push_back(output == nullptr ? nullptr : buffers[output]);
    }
    auto step = lower(*node, lowering);
    if (step == nullptr) {
      ADD_FAILURE() << node->described() << " has no step";
      return {};
    }
    const std::size_t scratch = step->scratch_bytes();
    step->record(commands, {reads, writes, scratch == 0 ? nullptr : context.allocate(scratch)});
    steps.push_back(std::move(step));
  }
  const CommandQueue queue = context.queue(false);
  commands.enqueue(queue.get());
  std::vector<Tensor> outputs;
  for (const Value* output : graph.outputs()) {
    Tensor tensor = Tensor::allocate(output->type.dtype, *output->type.static_shape());
    check(context.cl().clEnqueueReadBuffer(queue.get(), buffers.at(output).get(), CL_TRUE, 0,
                                           tensor.byte_size(), tensor.raw(), 0, nullptr, nullptr),
          "clEnqueueReadBuffer");
    outputs.push_back(std::move(tensor));
  }
  return outputs;
}

/// Random numbers for the inputs of a graph: floats in [-2, 2), integers in [0, 8), bools.
inline std::vector<Tensor> random_inputs(const Graph& graph) {
  Random random(1);
  std::vector<Tensor> inputs;
  for (const Value* input : graph.inputs()) {
    Tensor tensor = Tensor::allocate(input->type.dtype, *input->type.static_shape());
    dispatch(tensor.dtype(), [&]<typename T>(std::type_identity<T>) {
      for (T& element : tensor.values<T>()) {
        const double number = random.uniform();
        if constexpr (std::is_same_v<T, bool>) {
          element = number < 0.5;
        } else if constexpr (std::is_integral_v<T>) {
          element = static_cast<T>(8 * number);
        } else {
          element = static_cast<T>(static_cast<float>(4 * number - 2));
        }
      }
    });
    inputs.push_back(std::move(tensor));
  }
  return inputs;
}

/// Runs a graph (docs/text-form.md) on the device and on the reference kernels, with random inputs.
/// `tolerance`: relative to the largest element of an output; 0: equal, whatever the dtype.
inline void expect_like_reference(Context& context, const std::string& text,
                                  double tolerance = 1e-5) {
  SCOPED_TRACE(text);
  Graph graph = parse_graph(text);
  infer_types(graph);
  const std::vector<Tensor> inputs = random_inputs(graph);
  const std::vector<Tensor> expected = run_reference(graph, inputs);
  const std::vector<Tensor> actual = run_on_device(context, graph, inputs);
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    SCOPED_TRACE(graph.outputs()[i]->name());
    const double largest = compare(expected[i], expected[i], 0, 0).largest_expected;
    const Comparison comparison = compare(actual[i], expected[i], tolerance * largest, 0);
    EXPECT_TRUE(comparison.agrees())
        << comparison.mismatches << " of " << comparison.size << " elements differ, by up to "
        << comparison.max_abs << ", worst at " << comparison.worst_index;
  }
}

}  // namespace headway::opencl
