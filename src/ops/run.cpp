#include <unordered_map>

#include "ops/elements.h"
#include "ops/facts.h"
#include "ops/kept_bytes.h"

namespace headway {
namespace {

/// The values that are alive at one point of a run.
class Liveness {
 public:
  /// `kept_bytes` counts what is computed and kept, here and around it.
  Liveness(const Graph& graph, std::uint64_t& kept_bytes)
      : kept_bytes_(kept_bytes), bytes_before_(kept_bytes) {
    for (const Node* node : graph.nodes()) {
      for (const Value* value : node->inputs()) ++reads_[value];
    }
    for (const Value* value : graph.outputs()) ++reads_[value];
  }
  ~Liveness() { kept_bytes_ = bytes_before_; }
  Liveness(const Liveness&) = delete;
  Liveness& operator=(const Liveness&) = delete;

  void define(const Value* value, Datum datum) {
    if (value == nullptr || reads_[value] == 0) return;
    if (value->producer() != nullptr) kept_bytes_ += byte_size(datum);
    data_[value] = std::move(datum);
  }

  Datum read(const Value* value) {
    if (value == nullptr) return {};
    if (value->is_constant()) return value->constant();
    Datum datum = data_.at(value);
    if (--reads_[value] > 0) return datum;
    if (value->producer() != nullptr) kept_bytes_ -= byte_size(datum);
    data_.erase(value);
    return datum;
  }

 private:
  std::uint64_t& kept_bytes_;
  const std::uint64_t bytes_before_;
  std::unordered_map<const Value*, std::size_t> reads_;
  std::unordered_map<const Value*, Datum> data_;
};

std::vector<Datum> read_all(Liveness& values, std::span<Value* const> wanted) {
  std::vector<Datum> data;
  for (const Value* value : wanted) data.push_back(values.read(value));
  return data;
}

class Interpreter final : public EvaluateContext {
 public:
  explicit Interpreter(std::uint64_t memory_limit) : memory_limit_(memory_limit) {}

  std::vector<Datum> run(const Graph& graph, std::span<const Datum> inputs) override {
    Liveness values(graph, kept_bytes_);
    for (std::size_t index = 0; index < inputs.size(); ++index)
      values.define(graph.inputs()[index], inputs[index]);
    for (const Node* node : graph.nodes()) {
      std::vector<Datum> results = evaluate_node(*node, read_all(values, node->inputs()), *this);
      for (std::size_t index = 0; index < results.size(); ++index) {
        values.define(node->output(index), std::move(results[index]));
      }
    }
    return read_all(values, graph.outputs());
  }

  void check_memory(const Node& node, std::uint64_t bytes) const override {
    const std::uint64_t all = saturating_sum(bytes, kept_bytes_);
    if (all <= memory_limit_) return;
    fail(ErrorCode::kOutOfMemory, node.described(), ": with its results, the run keeps ", all,
         " bytes, more than the memory limit of ", memory_limit_);
  }

 private:
  std::uint64_t memory_limit_, kept_bytes_ = 0;
};

std::uint64_t checked_bytes(const TensorType& type, const Shape& shape) {
  std::uint64_t bytes = 0;
  const bool overflow = __builtin_mul_overflow(static_cast<std::uint64_t>(num_elements(shape)),
                                               size_of(type.dtype), &bytes);
  return overflow ? kNoMemoryLimit : bytes;
}

std::vector<Tensor> to_tensors(const std::vector<Datum>& data) {
  std::vector<Tensor> tensors;
  for (const Datum& datum : data) tensors.push_back(datum.is_nothing() ? Tensor() : datum.tensor());
  return tensors;
}

/// Data that views share memory with: a reshape of computed elements needs no copy.
bool is_reshape(const Node& node) {
  return node.domain().empty() &&
         (node.is("Reshape") || node.is("Squeeze") || node.is("Unsqueeze") || node.is("Flatten"));
}

}  // namespace

std::uint64_t byte_size(const Datum& datum) {
  if (datum.is_nothing()) return 0;
  if (datum.is_tensor()) return datum.tensor().byte_size();
  std::uint64_t bytes = 0;
  for (const Tensor& element : datum.elements()) bytes += element.byte_size();
  return bytes;
}

void check_input(const Value& declared, const Datum& given) {
  const TensorType& type = declared.type;
  const auto refuse = [&] {
    fail(ErrorCode::kInvalidArgument, "input '", declared.name(), "' is declared as ",
         type.to_string(), " but ", given.described(), " was given");
  };
  if (given.is_nothing()) {
    if (!type.is_optional()) refuse();
    return;
  }
  if (given.is_sequence() != type.is_sequence() || given.dtype() != type.dtype) refuse();
  if (!given.is_tensor() || !type.shape) return;
  if (type.shape->size() != given.tensor().rank()) refuse();
  for (std::size_t axis = 0; axis < type.shape->size(); ++axis) {
    const Dim& dim = (*type.shape)[axis];
    if (dim.is_static() && dim.extent() != given.tensor().dim(axis)) refuse();
  }
}

std::vector<Tensor> compute_node(const Node& node, const Operator& op,
                                 std::span<const Tensor> inputs, std::span<const Facts> outputs,
                                 std::uint64_t memory_limit) {
  std::vector<Tensor> results(outputs.size());
  std::uint64_t bytes = 0;
  for (std::size_t index = 0; index < results.size(); ++index) {
    if (node.output(index) == nullptr) continue;
    const TensorType& type = outputs[index].type;
    const std::optional<Shape> shape = type.static_shape();
    if (!shape) {
      fail(ErrorCode::kUnsupported, node.described(), ": the shape ", type.to_string(),
           " of output ", index, " depends on data in a way Headway cannot compute");
    }
    bytes = saturating_sum(bytes, checked_bytes(type, *shape));
    Interpreter(memory_limit).check_memory(node, bytes);
    results[index] = Tensor::allocate(type.dtype, *shape);
  }
  op.reference(node, inputs, results);
  return results;
}

std::vector<Datum> evaluate_node(const Node& node, std::span<const Datum> inputs,
                                 EvaluateContext& context) {
  const Operator& op = operator_of(node);
  if (op.evaluate != nullptr) {
    check_node(node, op);
    std::vector<Datum> operands(inputs.begin(), inputs.end());
    for (Datum& datum : operands)
      if (datum.is_tensor()) datum = aligned(datum.tensor());
    return op.evaluate(node, operands, context);
  }
  std::vector<Tensor> operands;
  std::vector<Facts> facts;
  for (const Datum& datum : inputs) {
    operands.push_back(datum.is_nothing() ? Tensor() : aligned(datum.tensor()));
    const Tensor& tensor = operands.back();
    facts.emplace_back();
    if (!tensor.defined()) continue;
    facts.back().type = {tensor.dtype(), to_symbolic(tensor.shape())};
    facts.back().constant = tensor;
  }
  operands.resize(node.inputs().size());
  facts.resize(node.inputs().size());
  const std::vector<Facts> outputs = infer_node(node, op, std::move(facts));
  if (const auto shape = outputs[0].type.static_shape(); shape && is_reshape(node))
    return {operands[0].reshaped(*shape)};
  std::uint64_t bytes = 0;
  for (std::size_t index = 0; index < outputs.size(); ++index) {
    const auto shape = outputs[index].type.static_shape();
    if (node.output(index) != nullptr && shape)
      bytes = saturating_sum(bytes, checked_bytes(outputs[index].type, *shape));
  }
  context.check_memory(node, bytes);
  std::vector<Datum> results;
  for (Tensor& tensor : compute_node(node, op, operands, outputs))
    results.emplace_back(std::move(tensor));
  return results;
}

std::vector<Datum> interpret(const Graph& graph, std::span<const Datum> inputs,
                             std::uint64_t memory_limit) {
  if (inputs.size() != graph.inputs().size()) {
    fail(ErrorCode::kInvalidArgument, "the model takes ", graph.inputs().size(), " inputs, but ",
         inputs.size(), " were given");
  }
  for (std::size_t index = 0; index < inputs.size(); ++index)
    check_input(*graph.inputs()[index], inputs[index]);
  return Interpreter(memory_limit).run(graph, inputs);
}

std::vector<Tensor> run_reference(const Node& node, std::span<const Tensor> inputs) {
  std::vector<Datum> data(inputs.begin(), inputs.end());
  data.resize(std::max(data.size(), node.inputs().size()));
  Interpreter interpreter(kNoMemoryLimit);
  return to_tensors(evaluate_node(node, data, interpreter));
}

std::vector<Tensor> run_reference(const Graph& graph, std::span<const Tensor> inputs) {
  const std::vector<Datum> data(inputs.begin(), inputs.end());
  return to_tensors(interpret(graph, data));
}

}  // namespace headway
