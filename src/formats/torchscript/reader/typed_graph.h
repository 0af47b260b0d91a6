#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/graph.h"
#include "ops/facts.h"

namespace headway::script {

/// A graph that is built node by node, with every value's type inferred at once. What is computed
/// from constants becomes a constant.
class TypedGraph {
 public:
  explicit TypedGraph(std::string name) : graph_(std::move(name)) {}

  Value* input(std::string name, TensorType type);
  Value* constant(Tensor tensor, std::string name = "");
  Value* ints(const std::vector<std::int64_t>& elements);
  /// A scalar of that dtype.
  Value* scalar(double value, DType dtype);
  Value* scalar(std::int64_t value, DType dtype);

  /// A node with one output.
  Value* add(std::string_view op_type, std::vector<Value*> inputs, Attributes attributes = {}) {
    return add_all(op_type, std::move(inputs), 1, std::move(attributes))[0];
  }
  std::vector<Value*> add_all(std::string_view op_type, std::vector<Value*> inputs,
                              std::size_t outputs, Attributes attributes = {});

  DType dtype(const Value* value) const { return value->type.dtype; }
  /// nullptr if not even the rank is known.
  const SymbolicShape* shape(const Value* value) const {
    return value->type.shape ? &*value->type.shape : nullptr;
  }
  /// The elements if they are known; undefined otherwise.
  Tensor elements(const Value* value) const;
  /// Of a 1-D integer value, as extents.
  std::optional<SymbolicShape> extents(const Value* value) const;

  /// Where nodes are from now on: "layer1.0.conv1".
  void enter(std::string scope) { scope_ = std::move(scope); }
  const std::string& scope() const noexcept { return scope_; }

  Graph& graph() noexcept { return graph_; }
  Graph take() { return std::move(graph_); }

 private:
  std::string node_name(std::string_view op_type);
  std::vector<Value*> folded(Node* node, const Operator& op, std::span<const Facts> inputs,
                             std::vector<Facts>& outputs);

  Graph graph_;
  std::string scope_;
  std::unordered_map<std::string, int> names_;  ///< Of nodes, and how often each was asked for.
  std::unordered_map<const Value*, Facts> facts_;
};

}  // namespace headway::script
