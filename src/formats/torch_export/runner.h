#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/torch_export/json.h"
#include "formats/torchscript/reader/recorder.h"

namespace headway::torch_export {

/// A tensor's type as the program states it. An extent that is an expression becomes the symbol it
/// is, or one of its own, named after the tensor, if it is a larger expression.
TensorType type_of(const Json& meta, const std::string& name);

/// What PyTorch calls an operator within its namespace, under the name by which the table of
/// operators has it; "" if the namespace is none of PyTorch's.
std::string operator_name(std::string_view target);
/// An operator that only checks something and computes nothing.
bool is_assertion(std::string_view operator_name);

/// Runs the nodes of an exported graph once: their operators become nodes of the recorder's graph.
class Runner {
 public:
  explicit Runner(script::Recorder& recorder, int depth = 0) : recorder_(recorder), depth_(depth) {}

  void bind(const std::string& name, script::IValue value) { values_[name] = std::move(value); }
  /// Throws Error naming the node.
  void run(const Json& graph);
  /// Of a graph that was run.
  std::vector<script::IValue> outputs(const Json& graph) const;
  /// Throws Error(kInvalidModel) if it names something that has no value yet.
  script::IValue argument(const Json& argument) const;

 private:
  void run_node(const Json& node);
  script::IValue call(const Json& node, const std::string& target);
  void bind_outputs(const Json& node, const script::IValue& result);
  void bind_output(const Json& output, const script::IValue& value);
  const script::IValue& value(const Json& name) const;
  script::IValue list(const Json& items, std::string_view kind) const;

  /// control_flow.cpp
  script::IValue call_higher_order(const Json& node, std::string_view name);
  script::IValue branch(const Json& node);
  std::vector<script::IValue> inlined(const Json& graph, std::vector<script::IValue> arguments);

  script::Recorder& recorder_;
  int depth_;
  std::unordered_map<std::string, script::IValue> values_;
};

}  // namespace headway::torch_export
