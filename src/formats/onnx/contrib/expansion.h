#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "formats/onnx/rank.h"
#include "graph/graph.h"

namespace headway::onnx {

/// A node on its way to being replaced by operators of the default domain, which compute the same.
class Expansion {
 public:
  Expansion(Graph& graph, Node* node, Ranks& ranks) : graph_(graph), node_(node), ranks_(ranks) {}

  const Node& node() const noexcept { return *node_; }
  bool has(std::size_t input) const noexcept { return node_->input(input) != nullptr; }
  /// nullptr if omitted.
  Value* optional_input(std::size_t input) const noexcept { return node_->input(input); }
  /// Throws Error(kInvalidModel) if omitted.
  Value* input(std::size_t input) const;
  bool wants(std::size_t output) const noexcept { return node_->output(output) != nullptr; }

  std::int64_t get_int(std::string_view attribute, std::int64_t otherwise) const {
    return node_->get_int(attribute, otherwise);
  }
  float get_float(std::string_view attribute, float otherwise) const {
    return node_->get_float(attribute, otherwise);
  }

  /// The rank of an input. Throws Error(kUnsupported) if the file does not tell.
  std::int64_t rank(const Value* value) const;
  /// The dtype of a value, as the file declares it or as its first inputs have it.
  DType dtype_of(const Value* value) const;

  Value* constant(Tensor tensor) { return graph_.add_constant(node_->name(), std::move(tensor)); }
  /// A 1-D constant.
  Value* ints(const std::vector<std::int64_t>& values);
  /// A scalar of the dtype of `like`.
  Value* scalar(double value, const Value* like);
  Value* int_scalar(std::int64_t value);

  /// A new node of the default domain; its only output.
  Value* add(std::string_view op_type, std::vector<Value*> inputs, Attributes attributes = {});
  /// The same with several outputs.
  std::vector<Value*> add_many(std::string_view op_type, std::vector<Value*> inputs,
                               std::size_t outputs, Attributes attributes = {});

  /// What a body of the node, which captures nothing, makes of `value`; that itself without such a
  /// body.
  Value* through_body(std::string_view attribute, Value* value);

  Value* transpose(Value* value, std::vector<std::int64_t> permutation) {
    return add("Transpose", {value}, {{"perm", std::move(permutation)}});
  }
  /// The extents as Reshape takes them: 0 keeps one, -1 is what remains.
  Value* reshape(Value* value, std::vector<std::int64_t> shape) {
    return add("Reshape", {value, ints(shape)});
  }
  Value* cast(Value* value, DType dtype);
  /// `value`, or value + addend if that is not nullptr.
  Value* plus(Value* value, Value* addend) {
    return addend == nullptr ? value : add("Add", {value, addend});
  }
  /// One extent as a 1-D tensor of one element.
  Value* extent(Value* value, std::int64_t axis);
  /// 0, 1, … up to the (1-D, one element) count.
  Value* positions(Value* count);

  /// `value` is what the node's output `index` holds.
  void yield(std::size_t index, Value* value);
  /// Takes the node out of the graph; outputs that were not yielded must not be read.
  void finish();

  template <typename... Args>
  [[noreturn]] void refuse(const Args&... args) const {
    fail(ErrorCode::kUnsupported, node_->described(), ": ", args...);
  }

 private:
  Graph& graph_;
  Node* node_;
  Ranks& ranks_;
  std::vector<std::pair<Value*, std::string>> names_;
};

}  // namespace headway::onnx
