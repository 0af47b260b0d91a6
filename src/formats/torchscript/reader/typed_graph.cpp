#include "formats/torchscript/reader/typed_graph.h"

#include <algorithm>

#include "ops/elements.h"

namespace headway::script {
namespace {

/// What is computed from constants while reading has at most this many elements.
constexpr std::int64_t kMaxFolded = std::int64_t{1} << 22;

}  // namespace

Value* TypedGraph::input(std::string name, TensorType type) {
  return graph_.add_input(std::move(name), std::move(type));
}

Value* TypedGraph::constant(Tensor tensor, std::string name) {
  Graph& graph = name.empty() ? current() : graph_;
  return graph.add_constant(std::move(name), std::move(tensor));
}

Value* TypedGraph::ints(const std::vector<std::int64_t>& elements) {
  return constant(Tensor::from<std::int64_t>({static_cast<std::int64_t>(elements.size())},
                                             std::span<const std::int64_t>(elements)));
}

Value* TypedGraph::scalar(double value, DType dtype) {
  return constant(Tensor::from<double>({}, {value}).to(dtype));
}

Value* TypedGraph::scalar(std::int64_t value, DType dtype) {
  return constant(Tensor::from<std::int64_t>({}, {value}).to(dtype));
}

/// No two nodes share a name: ONNX Runtime refuses that.
std::string TypedGraph::node_name(std::string_view op_type) {
  std::string path = scope_.empty() ? "" : "/" + scope_;
  std::ranges::replace(path, '.', '/');
  std::string name = concat(path, "/", op_type);
  const int count = names_[name]++;
  return count == 0 ? name : concat(name, "_", count);
}

Tensor TypedGraph::elements(const Value* value) const {
  if (value->is_constant()) return aligned(value->constant());
  const auto found = facts_.find(value);
  return found == facts_.end() ? Tensor() : found->second.constant;
}

std::optional<SymbolicShape> TypedGraph::extents(const Value* value) const {
  const auto found = facts_.find(value);
  return found == facts_.end() ? std::nullopt : found->second.elements;
}

std::vector<Value*> TypedGraph::add_all(std::string_view op_type, std::vector<Value*> inputs,
                                        std::size_t outputs, Attributes attributes) {
  const std::string name = node_name(op_type);
  std::vector<std::string> names(outputs, name);
  for (Value*& value : inputs) value = local(value, bodies_.size());
  Node* node = current().add_node(op_type, inputs, std::move(names), std::move(attributes), name);
  const Operator& op = operator_of(*node);
  std::vector<Facts> known;
  for (const Value* value : inputs) {
    if (value == nullptr) {
      known.emplace_back();
    } else if (const auto found = facts_.find(value); found != facts_.end()) {
      known.push_back(found->second);
    } else {
      known.push_back({value->type, value->constant(), std::nullopt});
    }
  }
  std::vector<Facts> results = infer_node(*node, op, known);
  for (std::size_t i = 0; i < outputs; ++i) {
    name_extents(results[i].type);
    node->output(i)->type = results[i].type;
  }
  if (auto constants = folded(node, op, known, results); !constants.empty()) return constants;
  for (std::size_t i = 0; i < outputs; ++i) facts_[node->output(i)] = std::move(results[i]);
  return {node->outputs().begin(), node->outputs().end()};
}

/// Empty if the node must stay.
std::vector<Value*> TypedGraph::folded(Node* node, const Operator& op,
                                       std::span<const Facts> inputs, std::vector<Facts>& outputs) {
  std::vector<Tensor> results;
  bool known = true, computable = true;
  for (const Facts& facts : outputs) {
    const auto shape = facts.type.static_shape();
    // Extents that are all numbers are a constant, too.
    const auto numbers = facts.elements ? to_static(*facts.elements) : std::nullopt;
    computable = computable && shape && num_elements(*shape) <= kMaxFolded;
    known = known && shape && (facts.constant.defined() || numbers);
    if (!known) continue;
    results.push_back(
        facts.constant.defined()
            ? facts.constant
            : Tensor::from<std::int64_t>(*shape, std::span<const std::int64_t>(*numbers))
                  .to(facts.type.dtype));
  }
  if (!known) {
    std::vector<Tensor> tensors;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (node->input(i) != nullptr && !inputs[i].constant.defined()) computable = false;
      if (computable) tensors.push_back(aligned(inputs[i].constant));
    }
    if (!computable) return {};
    results = compute_node(*node, op, tensors, outputs);
  }
  current().erase(node);
  std::vector<Value*> constants;
  for (Tensor& tensor : results) constants.push_back(constant(std::move(tensor)));
  return constants;
}

}  // namespace headway::script
