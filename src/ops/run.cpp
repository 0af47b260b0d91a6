#include <unordered_map>

#include "ops/elements.h"
#include "ops/facts.h"

namespace headway {
namespace {

void check_input(const Value& declared, const Tensor& given) {
  const auto refuse = [&](const auto&... what) {
    fail(ErrorCode::kInvalidArgument, "input '", declared.name(), "' is declared as ",
         declared.type.to_string(), " but ", what...);
  };
  if (!given.defined()) refuse("no tensor was given");
  const auto mismatch = [&] {
    refuse("a ", name_of(given.dtype()), " tensor of shape ", to_string(given.shape()),
           " was given");
  };
  if (given.dtype() != declared.type.dtype) mismatch();
  if (!declared.type.shape) return;
  if (declared.type.shape->size() != given.rank()) mismatch();
  for (std::size_t axis = 0; axis < given.rank(); ++axis) {
    const Dim& dim = (*declared.type.shape)[axis];
    if (dim.is_static() && dim.extent() != given.dim(axis)) mismatch();
  }
}

/// The values that are alive at one point of a run.
class Liveness {
 public:
  explicit Liveness(const Graph& graph) {
    for (const Node* node : graph.nodes()) {
      for (const Value* value : node->inputs()) ++reads_[value];
    }
    for (const Value* value : graph.outputs()) ++reads_[value];
  }

  void define(const Value* value, Tensor tensor) {
    if (value != nullptr && reads_[value] > 0) tensors_[value] = std::move(tensor);
  }

  Tensor read(const Value* value) {
    if (value == nullptr) return {};
    if (value->is_constant()) return value->constant();
    const Tensor tensor = tensors_.at(value);
    if (--reads_[value] == 0) tensors_.erase(value);
    return tensor;
  }

 private:
  std::unordered_map<const Value*, std::size_t> reads_;
  std::unordered_map<const Value*, Tensor> tensors_;
};

}  // namespace

std::vector<Tensor> compute_node(const Node& node, const Operator& op,
                                 std::span<const Tensor> inputs, std::span<const Facts> outputs) {
  std::vector<Tensor> results(outputs.size());
  for (std::size_t index = 0; index < results.size(); ++index) {
    if (node.output(index) == nullptr) continue;
    const TensorType& type = outputs[index].type;
    const std::optional<Shape> shape = type.static_shape();
    if (!shape) {
      fail(ErrorCode::kUnsupported, node.described(), ": the shape ", type.to_string(),
           " of output ", index, " depends on data in a way Headway cannot compute");
    }
    results[index] = Tensor::allocate(type.dtype, *shape);
  }
  op.reference(node, inputs, results);
  return results;
}

std::vector<Tensor> run_reference(const Node& node, std::span<const Tensor> inputs) {
  const Operator& op = operator_of(node);
  std::vector<Tensor> operands;
  std::vector<Facts> facts;
  for (const Tensor& tensor : inputs) {
    operands.push_back(aligned(tensor));
    facts.emplace_back();
    if (!tensor.defined()) continue;
    facts.back() = {{tensor.dtype(), to_symbolic(tensor.shape())}, operands.back(), std::nullopt};
  }
  operands.resize(node.inputs().size());
  facts.resize(node.inputs().size());
  return compute_node(node, op, operands, infer_node(node, op, std::move(facts)));
}

std::vector<Tensor> run_reference(const Graph& graph, std::span<const Tensor> inputs) {
  if (inputs.size() != graph.inputs().size()) {
    fail(ErrorCode::kInvalidArgument, "the model takes ", graph.inputs().size(), " inputs, but ",
         inputs.size(), " were given");
  }
  Liveness values(graph);
  for (std::size_t index = 0; index < inputs.size(); ++index) {
    check_input(*graph.inputs()[index], inputs[index]);
    values.define(graph.inputs()[index], inputs[index]);
  }
  for (const Node* node : graph.nodes()) {
    std::vector<Tensor> operands;
    for (const Value* value : node->inputs()) operands.push_back(values.read(value));
    std::vector<Tensor> results = run_reference(*node, operands);
    for (std::size_t index = 0; index < results.size(); ++index) {
      values.define(node->output(index), std::move(results[index]));
    }
  }
  std::vector<Tensor> outputs;
  for (const Value* value : graph.outputs()) outputs.push_back(values.read(value));
  return outputs;
}

}  // namespace headway
