#include <algorithm>

#include "base/strings.h"
#include "formats/torch_export/runner.h"
#include "formats/torchscript/reader/call.h"

/// Operators whose arguments are graphs.
namespace headway::torch_export {
namespace {

using script::IValue;

/// A graph argument, or nullptr.
const Json* graph_of(const Json& input) {
  const auto [kind, held] = variant(member(input, "arg"));
  return kind == "as_graph" ? &member(held, "graph") : nullptr;
}

/// What lists and tuples hold, one after the other.
void flatten(const IValue& value, std::vector<IValue>& flat) {
  const auto* list = std::get_if<script::ListRef>(&value);
  const auto* tuple = std::get_if<script::TupleRef>(&value);
  if (list == nullptr && tuple == nullptr) return flat.push_back(value);
  for (const IValue& item : list != nullptr ? (*list)->items : (*tuple)->items) flatten(item, flat);
}

Value* value_of(const IValue& value) {
  if (const auto* cell = std::get_if<script::TensorRef>(&value)) return script::read(*cell);
  if (const auto* symbolic = std::get_if<script::SymInt>(&value)) return symbolic->value;
  return nullptr;
}

/// Like `outer`, but computed by `inner`.
IValue like(const IValue& outer, Value* inner) {
  if (const auto* symbolic = std::get_if<script::SymInt>(&outer))
    return script::SymInt{inner, symbolic->dim};
  return script::make_tensor(inner);
}

}  // namespace

std::vector<IValue> Runner::inlined(const Json& graph, std::vector<IValue> arguments) {
  if (depth_ + 1 > kMaxBodyDepth)
    fail(ErrorCode::kUnsupported, "graphs are nested more than ", kMaxBodyDepth, " deep");
  const Json& inputs = array(member(graph, "inputs"));
  if (inputs.size() != arguments.size())
    fail(ErrorCode::kInvalidModel, "a graph with ", inputs.size(), " inputs is given ",
         arguments.size());
  Runner inner(recorder_, depth_ + 1);
  for (std::size_t i = 0; i < arguments.size(); ++i) inner.bind_output(inputs[i], arguments[i]);
  inner.run(graph);
  return inner.outputs(graph);
}

IValue Runner::call_higher_order(const Json& node, std::string_view name) {
  if (name == "cond") return branch(node);
  // Graphs that run once, under settings that say nothing to an inference engine.
  if (name != "wrap_with_set_grad_enabled" && name != "wrap" && name != "strict_mode")
    fail(ErrorCode::kUnsupported, "it is not supported");
  const Json* graph = nullptr;
  std::vector<IValue> arguments;
  for (const Json& input : array(member(node, "inputs"))) {
    if (const Json* found = graph_of(input)) {
      graph = found;
    } else if (graph != nullptr) {
      flatten(argument(member(input, "arg")), arguments);
    }
  }
  if (graph == nullptr) fail(ErrorCode::kInvalidModel, "it has no graph");
  return script::tuple_of(inlined(*graph, std::move(arguments)));
}

/// cond(condition, graph if true, graph if false, operands).
IValue Runner::branch(const Json& node) {
  const Json& inputs = array(member(node, "inputs"));
  const Json* graphs[2] = {};
  for (std::size_t i = 1; i < 3 && i < inputs.size(); ++i) graphs[i - 1] = graph_of(inputs[i]);
  if (graphs[0] == nullptr || graphs[1] == nullptr)
    fail(ErrorCode::kInvalidModel, "it has no two graphs");
  std::vector<IValue> operands;
  for (std::size_t i = 3; i < inputs.size(); ++i)
    flatten(argument(member(inputs[i], "arg")), operands);

  script::TypedGraph& graph = recorder_.graph();
  const IValue condition = argument(member(inputs[0], "arg"));
  const auto* known = std::get_if<bool>(&condition);
  Value* tensor = value_of(condition);
  if (known != nullptr) return script::tuple_of(inlined(*graphs[*known ? 0 : 1], operands));
  if (tensor == nullptr)
    throw script::NeedsExtents("the program branches on an extent that is not known");

  std::vector<Value*> captured = {script::cast_to(graph, tensor, DType::kBool)};
  for (const IValue& operand : operands)
    if (Value* value = value_of(operand); value != nullptr && !value->is_constant())
      captured.push_back(value);
  Attributes attributes;
  if (captured.size() > 1) attributes["captures"] = static_cast<std::int64_t>(captured.size() - 1);
  std::size_t count = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    script::TypedGraph body(i == 0 ? "then" : "else");
    script::Recorder recorder(body);
    std::vector<IValue> arguments;
    for (const IValue& operand : operands) {
      Value* value = value_of(operand);
      if (value == nullptr) {
        arguments.push_back(operand);
      } else if (value->is_constant()) {
        arguments.push_back(like(operand, body.constant(value->constant(), value->name())));
      } else {
        arguments.push_back(like(operand, body.input(value->name(), value->type)));
      }
    }
    const std::vector<IValue> results =
        Runner(recorder, depth_ + 1).inlined(*graphs[i], std::move(arguments));
    for (const IValue& result : results) {
      Value* value = value_of(result);
      if (value == nullptr)
        fail(ErrorCode::kUnsupported, "a branch gives ", script::kind_of(result));
      Value* output = body.graph().add_node("Identity", {value})->output();
      output->type = value->type;
      body.graph().add_output(output);
    }
    count = results.size();
    body.graph().erase_dead();
    attributes[i == 0 ? "then_branch" : "else_branch"] = std::make_shared<const Graph>(body.take());
  }
  std::vector<IValue> results;
  for (Value* value : graph.add_all("If", std::move(captured), count, std::move(attributes)))
    results.push_back(script::make_tensor(value));
  return script::tuple_of(std::move(results));
}

}  // namespace headway::torch_export
