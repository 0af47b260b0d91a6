#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/attribute.h"
#include "graph/type.h"

namespace headway {

class Node;

/// How deep bodies may be nested in each other.
inline constexpr int kMaxBodyDepth = 32;

/// One edge of the graph: a graph input, a constant, or an output of a node. Owned by its Graph;
/// the address is stable until it is erased.
class Value {
 public:
  const std::string& name() const noexcept { return name_; }
  TensorType type;

  /// The node that computes it; nullptr for graph inputs and constants.
  Node* producer() const noexcept { return producer_; }
  /// Every (node, input slot) that reads it: a node that reads it twice appears twice.
  std::span<Node* const> users() const noexcept { return users_; }

  bool is_constant() const noexcept { return constant_.defined(); }
  /// The elements of a constant; an undefined Tensor otherwise.
  const Tensor& constant() const noexcept { return constant_; }

 private:
  friend class Graph;
  friend class Node;
  std::string name_;
  Node* producer_ = nullptr;
  std::vector<Node*> users_;
  Tensor constant_;
  bool is_output_ = false;
};

/// One operation. Operators of the default domain "" have ONNX semantics (opset 17); fused ones
/// made by the passes live in the domain "headway".
class Node {
 public:
  const std::string& domain() const noexcept { return domain_; }
  const std::string& op_type() const noexcept { return op_type_; }
  bool is(std::string_view op_type, std::string_view domain = "") const noexcept {
    return op_type_ == op_type && domain_ == domain;
  }
  /// For messages and reports; may be empty in the file it came from, never here.
  const std::string& name() const noexcept { return name_; }

  /// nullptr marks an omitted optional input.
  std::span<Value* const> inputs() const noexcept { return inputs_; }
  /// nullptr if omitted or beyond the last input.
  Value* input(std::size_t index) const noexcept {
    return index < inputs_.size() ? inputs_[index] : nullptr;
  }
  /// nullptr marks an omitted optional output.
  std::span<Value* const> outputs() const noexcept { return outputs_; }
  Value* output(std::size_t index = 0) const noexcept {
    return index < outputs_.size() ? outputs_[index] : nullptr;
  }

  /// Rewires one input (grows the list with omitted inputs if needed).
  void set_input(std::size_t index, Value* value);

  Attributes attributes;

  bool has(std::string_view attribute) const {
    return attributes.find(attribute) != attributes.end();
  }
  /// The attribute, or `otherwise` if absent. Throws Error(kInvalidModel) naming the node if it has
  /// another kind.
  std::int64_t get_int(std::string_view attribute, std::int64_t otherwise) const;
  float get_float(std::string_view attribute, float otherwise) const;
  std::string get_string(std::string_view attribute, std::string otherwise) const;
  std::vector<std::int64_t> get_ints(std::string_view attribute,
                                     std::vector<std::int64_t> otherwise) const;
  std::vector<float> get_floats(std::string_view attribute, std::vector<float> otherwise) const;

  /// The body of that name. Throws Error(kInvalidModel) naming the node if there is none.
  const Graph& body(std::string_view attribute) const;
  /// How many of the last inputs are only handed on to the bodies, as their last inputs.
  std::size_t captures() const;

  /// "node 'conv1' (Conv)": how messages name it.
  std::string described() const;

 private:
  friend class Graph;
  std::string domain_, op_type_, name_;
  std::vector<Value*> inputs_, outputs_;
};

/// A program over tensors in static single assignment form: the one representation of a model.
/// Readers produce it, writers consume it, passes rewrite it, backends lower it. Movable, not
/// copyable: use clone().
class Graph {
 public:
  explicit Graph(std::string name = "model") : name_(std::move(name)) {}
  Graph(Graph&&) noexcept = default;
  Graph& operator=(Graph&&) noexcept = default;

  const std::string& name() const noexcept { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }

  /// Names are made unique by appending "_1", "_2", … where taken; an empty name gets a fresh one.
  Value* add_input(std::string name, TensorType type);
  /// The tensor is shared, not copied; it must never be written to afterwards.
  Value* add_constant(std::string name, Tensor tensor);
  /// Appends a node with one fresh output value per entry of `output_names` ("" for a fresh name).
  Node* add_node(std::string_view op_type, std::vector<Value*> inputs,
                 std::vector<std::string> output_names = {""}, Attributes attributes = {},
                 std::string name = "", std::string_view domain = "");
  /// The same, but placed before `position` in execution order.
  Node* insert_node(const Node* position, std::string_view op_type, std::vector<Value*> inputs,
                    std::vector<std::string> output_names = {""}, Attributes attributes = {},
                    std::string name = "", std::string_view domain = "");
  /// Marks a value as the next output of the graph.
  void add_output(Value* value);

  std::span<Value* const> inputs() const noexcept { return inputs_; }
  std::span<Value* const> outputs() const noexcept { return outputs_; }
  /// In execution (topological) order.
  std::vector<Node*> nodes() const;
  std::size_t node_count() const noexcept { return nodes_.size(); }
  /// Graph inputs, constants and node outputs together.
  std::size_t value_count() const noexcept { return values_.size(); }
  /// All constants, in the order they were added.
  std::vector<Value*> constants() const;
  /// nullptr if no value has that name.
  Value* find(std::string_view value_name) const;

  /// Every reader of `from`, graph outputs included, reads `to` instead. If `from` was a graph
  /// output, `to` takes over its public name unless `to` is itself a graph input or output.
  void replace_uses(Value* from, Value* to);
  bool is_output(const Value* value) const noexcept {
    return value != nullptr && value->is_output_;
  }

  /// Turns an output that nothing reads into an omitted one. Throws Error(kInternal) if it is read.
  void erase_output(Node* node, std::size_t index);
  /// Removes a node and its output values, which nothing may read. Throws Error(kInternal)
  /// otherwise.
  void erase(Node* node);
  /// Removes nodes and constants from which no graph output can be reached. Returns how many nodes
  /// went.
  std::size_t erase_dead();
  /// Renames a value; the name must be free. Throws Error(kInvalidArgument) otherwise.
  void rename(Value* value, std::string name);

  /// Reorders the nodes so that producers precede consumers, keeping the given order where it can.
  /// Throws Error(kInvalidModel) naming a node on a cycle.
  void sort();

  /// A deep copy of the structure; constants share their elements.
  Graph clone() const;

 private:
  std::string fresh_name(std::string wanted) const;
  Value* new_value(std::string name);
  void check_unread(const Value* value) const;

  std::string name_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::unordered_map<std::string, std::unique_ptr<Value>> values_;
  std::vector<Value*> inputs_, outputs_, constants_;
};

}  // namespace headway
