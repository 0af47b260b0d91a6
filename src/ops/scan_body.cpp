#include "ops/body.h"
#include "ops/families.h"
#include "ops/fused.h"
#include "ops/rules.h"
#include "ops/stack.h"

namespace headway {
namespace {

using Ints = std::vector<std::int64_t>;

/// How the inputs and outputs of a Scan are divided.
struct Layout {
  std::size_t states, scan_inputs, scan_outputs;
  Ints input_axes, output_axes;
  std::vector<bool> input_reversed, output_reversed;
};

Ints list_of(const Node& node, std::string_view attribute, std::size_t count) {
  Ints list = node.get_ints(attribute, Ints(count, 0));
  if (list.size() != count) {
    fail(ErrorCode::kInvalidModel, node.described(), ": ", attribute, " has ", list.size(),
         " elements, but must have ", count);
  }
  return list;
}

std::vector<bool> flags_of(const Node& node, std::string_view attribute, std::size_t count) {
  const Ints list = list_of(node, attribute, count);
  return {list.begin(), list.end()};
}

Layout layout_of(const Node& node) {
  const std::int64_t scanned = node.get_int("num_scan_inputs", 0);
  const auto own = static_cast<std::int64_t>(node.inputs().size() - node.captures());
  if (scanned < 1 || scanned > own) {
    fail(ErrorCode::kInvalidModel, node.described(), ": num_scan_inputs is ", scanned,
         ", but it has ", own, " inputs");
  }
  Layout layout{};
  layout.scan_inputs = static_cast<std::size_t>(scanned);
  layout.states = static_cast<std::size_t>(own - scanned);
  if (node.outputs().size() < layout.states)
    fail(ErrorCode::kInvalidModel, node.described(), ": it has too few outputs for its states");
  layout.scan_outputs = node.outputs().size() - layout.states;
  check_body(node, "body", node.inputs().size(), node.outputs().size());
  layout.input_axes = list_of(node, "scan_input_axes", layout.scan_inputs);
  layout.output_axes = list_of(node, "scan_output_axes", layout.scan_outputs);
  layout.input_reversed = flags_of(node, "scan_input_directions", layout.scan_inputs);
  layout.output_reversed = flags_of(node, "scan_output_directions", layout.scan_outputs);
  return layout;
}

void infer_scan(InferContext& context) {
  const Node& node = context.node();
  const Layout layout = layout_of(node);
  std::vector<TensorType> inputs;
  for (std::size_t i = 0; i < node.inputs().size(); ++i) inputs.push_back(context.input(i));
  Dim length;
  for (std::size_t i = 0; i < layout.scan_inputs; ++i) {
    TensorType& type = inputs[layout.states + i];
    if (!type.shape) continue;
    const std::size_t axis = resolve_axis(node, layout.input_axes[i], type.shape->size());
    if (!length.is_static()) length = (*type.shape)[axis];
    type.shape->erase(type.shape->begin() + static_cast<std::ptrdiff_t>(axis));
  }
  std::vector<TensorType> outputs;
  for (bool changed = true; changed;) {
    outputs = infer_body(node.body("body"), inputs);
    changed = false;
    for (std::size_t i = 0; i < layout.states; ++i) {
      const TensorType common = common_type(node, inputs[i], outputs[i]);
      changed = changed || common != inputs[i];
      inputs[i] = common;
    }
  }
  for (std::size_t i = 0; i < layout.states; ++i) context.set_output(i, inputs[i]);
  for (std::size_t i = 0; i < layout.scan_outputs; ++i) {
    TensorType type = outputs[layout.states + i];
    if (type.shape) {
      const std::size_t axis = resolve_axis(node, layout.output_axes[i], type.shape->size() + 1);
      type.shape->insert(type.shape->begin() + static_cast<std::ptrdiff_t>(axis), length);
    }
    context.set_output(layout.states + i, std::move(type));
  }
}

/// The number of steps. Throws Error(kInvalidArgument) if the inputs differ in it.
std::int64_t length_of(const Node& node, const Layout& layout, std::span<const Datum> scanned,
                       std::vector<std::size_t>& axes) {
  std::int64_t length = 0;
  for (std::size_t i = 0; i < scanned.size(); ++i) {
    const Tensor& tensor = scanned[i].tensor();
    axes.push_back(resolve_axis(node, layout.input_axes[i], tensor.rank()));
    if (i > 0 && tensor.dim(axes[i]) != length) {
      fail(ErrorCode::kInvalidArgument, node.described(), ": one input has ", length,
           " steps and another ", tensor.dim(axes[i]));
    }
    length = tensor.dim(axes[i]);
  }
  return length;
}

Tensor join(const Node& node, std::vector<Tensor>& steps, std::size_t output, std::int64_t axis,
            bool reversed) {
  if (steps.empty()) {
    const Value* value = node.output(output);
    Shape shape;
    if (value != nullptr && value->type.shape) {
      for (const Dim& dim : *value->type.shape) shape.push_back(dim.is_static() ? dim.extent() : 0);
      shape[resolve_axis(node, axis, shape.size())] = 0;
    } else {
      shape = {0};
    }
    return Tensor::allocate(value == nullptr ? DType::kFloat32 : value->type.dtype, shape);
  }
  if (reversed) std::ranges::reverse(steps);
  return stack(steps, resolve_axis(node, axis, steps.front().rank() + 1));
}

std::vector<Datum> evaluate_scan(const Node& node, std::span<const Datum> inputs,
                                 EvaluateContext& context) {
  const Layout layout = layout_of(node);
  const std::span<const Datum> scanned = inputs.subspan(layout.states, layout.scan_inputs);
  std::vector<std::size_t> axes;
  const std::int64_t length = length_of(node, layout, scanned, axes);
  std::vector<Datum> operands(inputs.begin(), inputs.end());
  std::vector<std::vector<Tensor>> collected(layout.scan_outputs);
  std::uint64_t bytes = 0;
  for (std::int64_t step = 0; step < length; ++step) {
    for (std::size_t i = 0; i < layout.scan_inputs; ++i) {
      const std::int64_t at = layout.input_reversed[i] ? length - 1 - step : step;
      operands[layout.states + i] = element_at(scanned[i].tensor(), axes[i], at);
    }
    std::vector<Datum> results = context.run(node.body("body"), operands);
    for (std::size_t i = 0; i < layout.states; ++i) operands[i] = std::move(results[i]);
    for (std::size_t i = 0; i < layout.scan_outputs; ++i) {
      collected[i].push_back(results[layout.states + i].tensor());
      bytes += collected[i].back().byte_size();
    }
    context.check_memory(node, bytes);
  }
  std::vector<Datum> outputs(operands.begin(),
                             operands.begin() + static_cast<std::ptrdiff_t>(layout.states));
  for (std::size_t i = 0; i < layout.scan_outputs; ++i) {
    outputs.emplace_back(join(node, collected[i], layout.states + i, layout.output_axes[i],
                              layout.output_reversed[i]));
  }
  return outputs;
}

// Opset 8 had a batch in front and, for each of its sequences, a length (input 0).

/// The node as one of opset 9 sees one sequence of the batch: without input 0.
Node* unbatched(Graph& graph, const Node& node) {
  std::vector<Value*> inputs;
  for (std::size_t i = 1; i < node.inputs().size(); ++i) {
    if (node.input(i) == nullptr)
      fail(ErrorCode::kInvalidModel, node.described(), ": its input ", i, " is missing");
    TensorType type = node.input(i)->type;
    const bool is_captured = i >= node.inputs().size() - node.captures();
    if (!is_captured && type.shape && !type.shape->empty()) type.shape->erase(type.shape->begin());
    inputs.push_back(graph.add_input("", std::move(type)));
  }
  Node* twin = graph.add_node("Scan", inputs, std::vector<std::string>(node.outputs().size(), ""),
                              node.attributes, node.name());
  for (Value* output : twin->outputs()) graph.add_output(output);
  return twin;
}

void infer_batched(InferContext& context) {
  Graph graph;
  const Node* twin = unbatched(graph, context.node());
  infer_types(graph);
  const std::optional<SymbolicShape>& batched = context.input(1).shape;
  const Dim batch = batched && !batched->empty() ? batched->front() : Dim();
  for (std::size_t i = 0; i < twin->outputs().size(); ++i) {
    TensorType type = twin->output(i)->type;
    if (type.shape) type.shape->insert(type.shape->begin(), batch);
    context.set_output(i, std::move(type));
  }
}

struct Batch {
  Ints lengths;
  std::int64_t longest;  ///< That an output has room for.
};

/// `scanned`: [batch, steps, …].
Batch batch_of(const Node& node, std::span<const Datum> inputs, const Tensor& scanned) {
  if (scanned.rank() < 2)
    fail(ErrorCode::kInvalidArgument, node.described(), ": what it scans has no batch of steps");
  const std::int64_t longest = scanned.dim(1);
  Batch batch{Ints(static_cast<std::size_t>(scanned.dim(0)), longest), longest};
  if (!inputs[0].is_nothing()) {
    const auto lengths = inputs[0].tensor().values<std::int64_t>();
    const bool fit = lengths.size() == batch.lengths.size() &&
                     std::ranges::all_of(lengths, [&](auto n) { return n >= 0 && n <= longest; });
    if (!fit) {
      fail(ErrorCode::kInvalidArgument, node.described(), ": its sequence lengths must be ",
           batch.lengths.size(), " numbers from 0 to ", longest);
    }
    batch.lengths.assign(lengths.begin(), lengths.end());
  }
  return batch;
}

/// Throws Error(kInvalidArgument) unless there is one for each sequence.
const Tensor& batched(const Node& node, const Datum& datum, std::int64_t batch) {
  const Tensor& tensor = datum.tensor();
  if (tensor.rank() == 0 || tensor.dim(0) != batch) {
    fail(ErrorCode::kInvalidArgument, node.described(), ": an input of shape ",
         to_string(tensor.shape()), " is not a batch of ", batch);
  }
  return tensor;
}

/// With zeros behind the steps of a shorter sequence.
Tensor filled_up(const Tensor& steps, std::int64_t longest) {
  Shape missing = steps.shape();
  if (missing.empty() || missing[0] >= longest) return steps;
  missing[0] = longest - missing[0];
  return concatenate(std::vector{steps, Tensor::zeros(steps.dtype(), missing)}, 0);
}

std::vector<Datum> evaluate_batched(const Node& node, std::span<const Datum> inputs,
                                    EvaluateContext& context) {
  Graph graph;
  const Node* twin = unbatched(graph, node);
  const Layout layout = layout_of(*twin);
  const std::size_t own = node.inputs().size() - node.captures(),
                    first_scanned = own - layout.scan_inputs;
  const Batch sequences = batch_of(node, inputs, inputs[first_scanned].tensor());
  const auto batch = static_cast<std::int64_t>(sequences.lengths.size());
  std::vector<std::vector<Tensor>> collected(node.outputs().size());
  for (std::int64_t b = 0; b < batch; ++b) {
    std::vector<Datum> operands;
    const std::int64_t length = sequences.lengths[static_cast<std::size_t>(b)];
    for (std::size_t i = 1; i < inputs.size(); ++i) {
      if (i >= own) {
        operands.push_back(inputs[i]);
        continue;
      }
      const Tensor one = element_at(batched(node, inputs[i], batch), 0, b);
      const bool is_cut = i >= first_scanned && one.rank() > 0 && one.dim(0) > length;
      operands.emplace_back(is_cut ? part(one, 0, 0, length) : one);
    }
    const std::vector<Datum> results = evaluate_scan(*twin, operands, context);
    for (std::size_t i = 0; i < results.size(); ++i) {
      const Tensor& result = results[i].tensor();
      collected[i].push_back(i < layout.states ? result : filled_up(result, sequences.longest));
    }
  }
  std::vector<Datum> outputs;
  for (std::size_t i = 0; i < collected.size(); ++i)
    outputs.emplace_back(join(node, collected[i], i, 0, false));
  return outputs;
}

}  // namespace

std::vector<Operator> scan_body_operators() {
  const std::vector<AttributeSpec> attributes = {
      {"body", AttributeKind::kGraph, true},           {"captures", AttributeKind::kInt},
      {"num_scan_inputs", AttributeKind::kInt, true},  {"scan_input_axes", AttributeKind::kInts},
      {"scan_input_directions", AttributeKind::kInts}, {"scan_output_axes", AttributeKind::kInts},
      {"scan_output_directions", AttributeKind::kInts}};
  const int any = Operator::kVariadic;
  return {
      {"BatchedScan", kFusedDomain, 1, 0, any, 1, any, attributes, infer_batched, nullptr,
       evaluate_batched},
      {"Scan", "", 25, 1, any, 1, any, attributes, infer_scan, nullptr, evaluate_scan},
  };
}

}  // namespace headway
