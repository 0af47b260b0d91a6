#include "formats/onnx/contrib/expansion.h"

#include "graph/inline_body.h"
#include "ops/onnx_dtype.h"

namespace headway::onnx {

Value* Expansion::input(std::size_t input) const {
  if (Value* value = node_->input(input)) return value;
  fail(ErrorCode::kInvalidModel, node_->described(), ": input ", input, " is missing");
}

std::int64_t Expansion::rank(const Value* value) const {
  if (const auto rank = ranks_.of(value)) return *rank;
  refuse("the rank of '", value->name(),
         "' is not known; run ONNX's shape inference over the model first");
}

DType Expansion::dtype_of(const Value* value) const {
  for (;;) {
    if (value->is_constant()) return value->constant().dtype();
    const Node* producer = value->producer();
    if (producer == nullptr || value->type.shape) return value->type.dtype;
    if (producer->is("Cast"))
      return dtype_of_onnx_number(producer->get_int("to", 1)).value_or(DType::kFloat32);
    if (producer->is("DequantizeLinear") && producer->input(1) != nullptr) {
      value = producer->input(1);
    } else if (producer->is("QuantizeLinear") && producer->input(2) != nullptr) {
      value = producer->input(2);
    } else if (producer->input(0) != nullptr) {
      value = producer->input(0);
    } else {
      return DType::kFloat32;
    }
  }
}

Value* Expansion::ints(const std::vector<std::int64_t>& values) {
  return constant(Tensor::from<std::int64_t>({static_cast<std::int64_t>(values.size())}, values));
}

Value* Expansion::scalar(double value, const Value* like) {
  return constant(Tensor::from<float>({}, {static_cast<float>(value)}).to(dtype_of(like)));
}

Value* Expansion::int_scalar(std::int64_t value) {
  return constant(Tensor::from<std::int64_t>({}, {value}));
}

std::vector<Value*> Expansion::add_many(std::string_view op_type, std::vector<Value*> inputs,
                                        std::size_t outputs, Attributes attributes) {
  while (!inputs.empty() && inputs.back() == nullptr) inputs.pop_back();
  const Node* fresh =
      graph_.insert_node(node_, op_type, std::move(inputs), std::vector<std::string>(outputs),
                         std::move(attributes), node_->name() + "/" + std::string(op_type));
  ranks_.add(*fresh);
  return {fresh->outputs().begin(), fresh->outputs().end()};
}

Value* Expansion::add(std::string_view op_type, std::vector<Value*> inputs, Attributes attributes) {
  return add_many(op_type, std::move(inputs), 1, std::move(attributes)).front();
}

Value* Expansion::through_body(std::string_view attribute, Value* value) {
  if (!node_->has(attribute)) return value;
  const Graph& body = node_->body(attribute);
  if (body.inputs().size() != 1 || body.outputs().size() != 1)
    refuse("the body '", attribute, "' must take one value from outside itself and give one");
  return inline_body(graph_, node_, body, std::vector{value}).front();
}

Value* Expansion::cast(Value* value, DType dtype) {
  return add("Cast", {value}, {{"to", onnx_number_of(dtype)}});
}

Value* Expansion::extent(Value* value, std::int64_t axis) {
  return add("Shape", {value}, {{"start", axis}, {"end", axis + 1}});
}

Value* Expansion::positions(Value* count) {
  Value* limit = add("Squeeze", {count, ints({0})});
  return add("Range", {int_scalar(0), limit, int_scalar(1)});
}

void Expansion::yield(std::size_t index, Value* value) {
  Value* old = node_->output(index);
  if (old == nullptr) return;
  if (value->producer() == nullptr || value->producer()->output() == nullptr)
    value = add("Identity", {value});
  if (old->type.shape) value->type = old->type;
  names_.emplace_back(value, old->name());
  graph_.replace_uses(old, value);
}

void Expansion::finish() {
  for (Value* output : node_->outputs()) {
    if (output == nullptr) continue;
    if (!output->users().empty() || graph_.is_output(output))
      refuse("its output '", output->name(), "' is not supported");
  }
  graph_.erase(node_);
  for (const auto& [value, name] : names_)
    if (value->name() != name && graph_.find(name) == nullptr) graph_.rename(value, name);
}

}  // namespace headway::onnx
