#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "ops/facts.h"

namespace headway::script {

/// The body of an If or a Loop while it is built. Values from around it become its last inputs.
struct OpenBody {
  Graph graph;
  std::vector<std::pair<Value*, Value*>> captured;  ///< Around it, and in it.
  std::unordered_map<const Value*, Value*> local;
};

/// A graph that is built node by node, with every value's type inferred at once. What is computed
/// from constants becomes a constant.
class TypedGraph {
 public:
  explicit TypedGraph(std::string name) : graph_(std::move(name)) {}

  Value* input(std::string name, TensorType type);
  /// One with a name is a tensor of the module and lies in no body.
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

  /// From now on nodes go into a new body, until it is closed.
  void open_body();
  void reopen_body(std::unique_ptr<OpenBody> body);
  std::unique_ptr<OpenBody> close_body();
  /// How many bodies are open.
  std::size_t depth() const noexcept { return bodies_.size(); }
  /// Of the open body. Any value may be an output.
  Value* body_input(std::string name, TensorType type);
  void body_output(Value* value);
  /// What was computed in it may still be asked for its type.
  void discard(std::unique_ptr<OpenBody> body) { discarded_.push_back(std::move(body)); }
  /// Both bodies of an If get the same values from around them, in the same order.
  static void share_captures(const OpenBody& from, OpenBody& to);
  /// The same, for the open body.
  void share_captures(const OpenBody& from) { share_captures(from, *bodies_.back()); }
  /// An If or a Loop, with one body for each attribute of `names`.
  std::vector<Value*> add_control(std::string_view op_type, std::vector<Value*> inputs,
                                  std::span<const std::string_view> names,
                                  std::span<const std::unique_ptr<OpenBody>> bodies,
                                  std::size_t outputs);

  /// Whether every extent of every input is a number: what is not known then depends on data.
  bool has_static_inputs() const;

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
  Graph& current() noexcept { return bodies_.empty() ? graph_ : bodies_.back()->graph; }
  Value* local(Value* value, std::size_t depth);
  void name_extents(TensorType& type);
  std::vector<Value*> folded(Node* node, const Operator& op, std::span<const Facts> inputs,
                             std::vector<Facts>& outputs);

  Graph graph_;
  std::vector<std::unique_ptr<OpenBody>> bodies_, discarded_;
  int extents_ = 0;  ///< How many were named.
  std::string scope_;
  std::unordered_map<std::string, int> names_;  ///< Of nodes, and how often each was asked for.
  std::unordered_map<const Value*, Facts> facts_;
};

}  // namespace headway::script
