#include <map>
#include <unordered_map>

#include "ops/elements.h"
#include "ops/facts.h"

namespace headway {
namespace {

/// Values of up to this many elements are computed during inference when their inputs are known.
constexpr std::int64_t kMaxFolded = 1024;

/// Elements of a known integer value seen as extents. A negative one (-1 of Reshape) is unknown.
std::optional<SymbolicShape> as_extents(const Tensor& tensor) {
  if (!tensor.defined() || tensor.rank() > 1 || is_floating_point(tensor.dtype()) ||
      tensor.dtype() >= DType::kString || tensor.size() > kMaxFolded) {
    return std::nullopt;
  }
  SymbolicShape elements;
  for (const std::int64_t element : to_ints(aligned(tensor))) {
    elements.push_back(element < 0 ? Dim() : Dim(element));
  }
  return elements;
}

/// As many as a list of integers has.
std::optional<SymbolicShape> unknown_elements(const TensorType& type) {
  const auto shape = type.static_shape();
  if (type.dtype != DType::kInt64 || !shape || shape->size() != 1 || (*shape)[0] > kMaxFolded)
    return std::nullopt;
  return SymbolicShape(static_cast<std::size_t>((*shape)[0]));
}

class NodeContext final : public InferContext {
 public:
  NodeContext(const Node& node, std::vector<Facts> inputs)
      : node_(node),
        inputs_(std::move(inputs)),
        outputs_(node.outputs().size()),
        is_set_(node.outputs().size(), false) {}

  const Node& node() const override { return node_; }

  Tensor constant_input(std::size_t index) const override {
    return has_input(index) ? aligned(inputs_[index].constant) : Tensor();
  }

  std::optional<SymbolicShape> input_as_shape(std::size_t index) const override {
    if (!has_input(index)) return std::nullopt;
    const Facts& facts = inputs_[index];
    if (auto extents = as_extents(facts.constant)) return extents;
    if (facts.elements) return facts.elements;
    return unknown_elements(facts.type);
  }

  void set_output(std::size_t index, TensorType type) override {
    if (index >= outputs_.size()) return;
    outputs_[index].type = std::move(type);
    is_set_[index] = true;
  }

  void set_output_as_shape(std::size_t index, SymbolicShape elements) override {
    if (index < outputs_.size()) outputs_[index].elements = std::move(elements);
  }

  std::vector<Facts> take_outputs() {
    for (std::size_t index = 0; index < outputs_.size(); ++index) {
      if (is_set_[index] || node_.output(index) == nullptr) continue;
      headway::fail(ErrorCode::kInternal, node_.described(), ": the shape rule left output ", index,
                    " without a type");
    }
    return std::move(outputs_);
  }

 private:
  const TensorType& input_type(std::size_t index) const override { return inputs_[index].type; }

  const Node& node_;
  std::vector<Facts> inputs_, outputs_;
  std::vector<bool> is_set_;
};

/// A 1-D or scalar value whose elements are all known extents becomes a constant.
void complete(Facts& facts) {
  if (facts.constant.defined() || !facts.elements) return;
  const std::optional<Shape> elements = to_static(*facts.elements);
  const std::optional<Shape> shape = facts.type.static_shape();
  if (!elements || !shape || num_elements(*shape) != static_cast<std::int64_t>(elements->size())) {
    return;
  }
  facts.constant = Tensor::from<std::int64_t>(*shape, std::span<const std::int64_t>(*elements))
                       .to(facts.type.dtype);
}

bool small(const Tensor& tensor) {
  return tensor.defined() && tensor.size() <= kMaxFolded;
}

bool small(const TensorType& type) {
  const std::optional<Shape> shape = type.static_shape();
  return shape && num_elements(*shape) <= kMaxFolded;
}

class GraphInference {
 public:
  void add(const Value* value) {
    if (facts_.contains(value)) return;
    facts_[value] = {value->type, value->constant(), std::nullopt};
  }

  void visit(const Node& node) {
    const Operator& op = operator_of(node);
    std::vector<Facts> inputs;
    for (const Value* value : node.inputs()) {
      if (value != nullptr && value->is_constant()) add(value);
      inputs.push_back(value == nullptr ? Facts() : facts_.at(value));
    }
    std::vector<Facts> outputs = infer_node(node, op, inputs);
    for (Facts& facts : outputs) complete(facts);
    fold(node, op, inputs, outputs);
    for (std::size_t index = 0; index < outputs.size(); ++index) {
      Value* value = node.output(index);
      if (value == nullptr) continue;
      value->type = outputs[index].type;
      facts_[value] = std::move(outputs[index]);
    }
  }

 private:
  static void fold(const Node& node, const Operator& op, std::span<const Facts> inputs,
                   std::vector<Facts>& outputs) {
    std::vector<Tensor> tensors;
    for (std::size_t index = 0; index < inputs.size(); ++index) {
      if (node.input(index) != nullptr && !small(inputs[index].constant)) return;
      tensors.push_back(aligned(inputs[index].constant));
    }
    bool all_known = true;
    for (std::size_t index = 0; index < outputs.size(); ++index) {
      if (node.output(index) == nullptr) continue;
      if (!small(outputs[index].type)) return;
      all_known = all_known && outputs[index].constant.defined();
    }
    if (all_known || op.reference == nullptr) return;
    const std::vector<Tensor> results = compute_node(node, op, tensors, outputs);
    for (std::size_t index = 0; index < outputs.size(); ++index) {
      outputs[index].constant = results[index];
      outputs[index].elements.reset();
    }
  }

  std::unordered_map<const Value*, Facts> facts_;
};

/// Replaces the declared type of an input by a concrete shape.
void bind(Value& input, const Shape& shape, std::map<std::string, std::int64_t>& symbols) {
  if (!input.type.is_tensor()) return;
  num_elements(shape);
  const auto refuse = [&](const auto&... why) {
    fail(ErrorCode::kInvalidArgument, "input '", input.name(), "' is declared as ",
         input.type.to_string(), " and cannot have the shape ", to_string(shape), why...);
  };
  if (!input.type.shape) {
    input.type.shape = to_symbolic(shape);
    return;
  }
  if (input.type.shape->size() != shape.size()) refuse(": the ranks differ");
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const Dim& declared = (*input.type.shape)[axis];
    if (declared.is_static() && declared.extent() != shape[axis]) refuse();
    if (!declared.is_symbol()) continue;
    const auto [known, fresh] = symbols.emplace(declared.symbol(), shape[axis]);
    if (!fresh && known->second != shape[axis]) {
      refuse(": another input has ", declared.symbol(), " = ", known->second);
    }
  }
  input.type.shape = to_symbolic(shape);
}

}  // namespace

const TensorType& InferContext::input(std::size_t index) const {
  if (!has_input(index)) fail("the required input ", index, " is missing");
  return input_type(index);
}

namespace {

/// With extents up to 2^40, more than any memory holds, a rule can add and double them at will.
bool is_possible(const TensorType& type) {
  constexpr std::int64_t kMaxExtent = std::int64_t{1} << 40;
  if (!type.shape) return true;
  auto bytes = static_cast<std::int64_t>(size_of(type.dtype));
  bool fits = true, empty = false;
  for (const Dim& dim : *type.shape) {
    if (!dim.is_static()) continue;
    if (dim.extent() > kMaxExtent) return false;
    empty = empty || dim.extent() == 0;
    fits = fits && !__builtin_mul_overflow(bytes, dim.extent(), &bytes);
  }
  return fits || empty;
}

void check_extents(const Node& node, std::span<const Facts> values, const char* what) {
  for (std::size_t index = 0; index < values.size(); ++index) {
    if (is_possible(values[index].type)) continue;
    fail(ErrorCode::kInvalidModel, node.described(), ": ", what, ' ', index, " of type ",
         values[index].type.to_string(), " is larger than any memory");
  }
}

/// Throws the error again, naming the node if it does not yet.
[[noreturn]] void name_node(const Node& node, const Error& error) {
  const std::string_view what = error.what();
  fail(error.code(), what.starts_with("node '") ? "" : node.described() + ": ", what);
}

}  // namespace

std::vector<Facts> infer_node(const Node& node, const Operator& op, std::vector<Facts> inputs) {
  check_node(node, op);
  check_extents(node, inputs, "input");
  NodeContext context(node, std::move(inputs));
  try {
    op.infer(context);
  } catch (const Error& error) {
    name_node(node, error);
  }
  std::vector<Facts> outputs = context.take_outputs();
  check_extents(node, outputs, "output");
  return outputs;
}

void infer_types(Graph& graph, std::span<const Shape> bindings) {
  if (!bindings.empty() && bindings.size() != graph.inputs().size()) {
    fail(ErrorCode::kInvalidArgument, "the model has ", graph.inputs().size(),
         " inputs, but shapes were given for ", bindings.size());
  }
  std::map<std::string, std::int64_t> symbols;
  GraphInference inference;
  for (std::size_t index = 0; index < graph.inputs().size(); ++index) {
    Value* input = graph.inputs()[index];
    if (!bindings.empty()) bind(*input, bindings[index], symbols);
    inference.add(input);
  }
  for (const Node* node : graph.nodes()) inference.visit(*node);
}

}  // namespace headway
