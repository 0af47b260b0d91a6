#include "case.h"

#include <algorithm>

#include "base/error.h"
#include "formats/onnx/read.h"
#include "formats/onnx/write.h"
#include "graph/text.h"
#include "ops/facts.h"
#include "ops/operator.h"

namespace headway::differential {
namespace {

using Kind = CaseValue::Kind;

std::vector<bool> read_values(const Case& wanted) {
  std::vector<bool> read(wanted.values.size(), false);
  const auto mark = [&](ValueId id) {
    if (id != kOmitted) read[static_cast<std::size_t>(id)] = true;
  };
  for (const CaseNode& node : wanted.nodes) std::ranges::for_each(node.inputs, mark);
  std::ranges::for_each(wanted.outputs, mark);
  return read;
}

TensorType type_of_input(const Case& wanted, const CaseValue& value) {
  SymbolicShape shape = to_symbolic(value.tensor.shape());
  if (wanted.open_shapes && !value.fixed) std::ranges::fill(shape, Dim());
  return {value.dtype, shape};
}

/// The rank and nothing more, so that every runtime has to find the extents itself.
TensorType type_of_result(const CaseValue& value) {
  if (!value.tensor.defined()) return {value.dtype, std::nullopt};
  return {value.dtype, SymbolicShape(value.tensor.rank())};
}

void add_node(Graph& graph, const Case& wanted, const CaseNode& node, std::vector<Value*>& values) {
  std::vector<Value*> inputs;
  for (const ValueId id : node.inputs)
    inputs.push_back(id == kOmitted ? nullptr : values[static_cast<std::size_t>(id)]);
  std::vector<std::string> names;
  for (const ValueId id : node.outputs) names.push_back(name_of_value(wanted, std::max(id, 0)));
  Node* added = graph.add_node(node.op_type, inputs, names, node.attributes,
                               "n" + std::to_string(graph.node_count()), node.domain);
  for (std::size_t i = node.outputs.size(); i-- > 0;) {
    if (node.outputs[i] == kOmitted) {
      graph.erase_output(added, i);
      continue;
    }
    const auto id = static_cast<std::size_t>(node.outputs[i]);
    values[id] = added->output(i);
    values[id]->type = type_of_result(wanted.values[id]);
  }
}

}  // namespace

std::string name_of_value(const Case& wanted, ValueId id) {
  constexpr char kPrefix[] = {'x', 'c', 'v'};
  const Kind kind = wanted.values[static_cast<std::size_t>(id)].kind;
  return kPrefix[static_cast<std::size_t>(kind)] + std::to_string(id);
}

std::vector<ValueId> inputs_of(const Case& wanted) {
  const std::vector<bool> read = read_values(wanted);
  std::vector<ValueId> inputs;
  for (std::size_t i = 0; i < wanted.values.size(); ++i) {
    if (read[i] && wanted.values[i].kind == Kind::kInput) inputs.push_back(static_cast<int>(i));
  }
  return inputs;
}

Graph graph_of(const Case& wanted) {
  Graph graph("case");
  const std::vector<bool> read = read_values(wanted);
  std::vector<Value*> values(wanted.values.size(), nullptr);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const CaseValue& value = wanted.values[i];
    const std::string name = name_of_value(wanted, static_cast<ValueId>(i));
    if (!read[i]) continue;
    if (value.kind == Kind::kInput) values[i] = graph.add_input(name, type_of_input(wanted, value));
    if (value.kind == Kind::kConstant) values[i] = graph.add_constant(name, value.tensor);
  }
  for (const CaseNode& node : wanted.nodes) add_node(graph, wanted, node, values);
  for (const ValueId id : wanted.outputs) graph.add_output(values[static_cast<std::size_t>(id)]);
  return graph;
}

std::vector<Tensor> evaluate(const CaseNode& node, const std::vector<Tensor>& inputs) {
  Graph graph;
  std::vector<Value*> values;
  for (const Tensor& tensor : inputs)
    values.push_back(tensor.defined() ? graph.add_constant("", tensor) : nullptr);
  const std::vector<std::string> names(node.outputs.size(), "");
  Node* added = graph.add_node(node.op_type, values, names, node.attributes, "", node.domain);
  for (std::size_t i = node.outputs.size(); i-- > 0;)
    if (node.outputs[i] == kOmitted) graph.erase_output(added, i);
  if (node.domain.empty()) {
    check_node(*added, operator_of(*added));
    return run_reference(*added, inputs);
  }

  // Operators of other domains mean something only once they are read.
  for (Value* output : added->outputs())
    if (output != nullptr) graph.add_output(output);
  const std::string bytes = to_onnx(graph);
  const Graph read = read_onnx(std::as_bytes(std::span(bytes)), "case", {}, nullptr);
  std::vector<Tensor> outputs = run_reference(read, std::span<const Tensor>());
  for (std::size_t i = 0; i < node.outputs.size(); ++i)
    if (node.outputs[i] == kOmitted)
      outputs.insert(outputs.begin() + static_cast<std::ptrdiff_t>(i), Tensor());
  return outputs;
}

void evaluate(Case& wanted) {
  for (const CaseNode& node : wanted.nodes) {
    std::vector<Tensor> inputs;
    for (const ValueId id : node.inputs)
      inputs.push_back(id == kOmitted ? Tensor()
                                      : wanted.values[static_cast<std::size_t>(id)].tensor);
    const std::vector<Tensor> outputs = evaluate(node, inputs);
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i] == kOmitted) continue;
      CaseValue& value = wanted.values[static_cast<std::size_t>(node.outputs[i])];
      value.tensor = outputs[i];
      value.dtype = outputs[i].dtype();
    }
  }
}

std::string text_of(const Case& wanted) {
  Graph graph = graph_of(wanted);
  try {
    infer_types(graph);
  } catch (const Error&) {
    // What is refused prints without types.
  }
  return print_graph(graph);
}

}  // namespace headway::differential
