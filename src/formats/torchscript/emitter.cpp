#include "formats/torchscript/emitter.h"

#include <charconv>
#include <cmath>

#include "formats/torchscript/identifier.h"
#include "formats/torchscript/op_map.h"
#include "tensor/dispatch.h"

namespace headway::torchscript {
namespace {

Tensor transposed(const Tensor& matrix) {
  const std::int64_t rows = matrix.dim(0), columns = matrix.dim(1);
  const Tensor source = matrix.clone();
  Tensor result = Tensor::allocate(matrix.dtype(), {columns, rows});
  dispatch(matrix.dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* in = source.data<T>();
    T* out = result.data<T>();
    for (std::int64_t row = 0; row < rows; ++row)
      for (std::int64_t column = 0; column < columns; ++column)
        out[column * rows + row] = in[row * columns + column];
  });
  return result;
}

std::optional<std::vector<std::int64_t>> integers_of(const Value& value) {
  if (!value.is_constant()) return std::nullopt;
  const DType dtype = value.type.dtype;
  if (dtype != DType::kInt64 && dtype != DType::kInt32) return std::nullopt;
  const Tensor wide = value.constant().clone().to(DType::kInt64);
  const auto values = wide.values<std::int64_t>();
  return std::vector<std::int64_t>(values.begin(), values.end());
}

}  // namespace

Emitter::Emitter(const Graph& graph) : graph_(graph), patterns_(find_patterns(graph)) {
  for (const Value* value : graph.inputs()) variables_[value] = fresh_name(value->name());
}

ModuleCode Emitter::write() && {
  for (const Node* node : graph_.nodes()) emit(*node);
  std::vector<std::string> results, types;
  for (const Value* output : graph_.outputs()) {
    results.push_back(tensor_of(*output));
    types.emplace_back("Tensor");
  }
  const auto joined = [](const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
    return text;
  };
  const bool is_single = results.size() == 1;
  std::string source = modules_.classes();
  source += "  def forward(self: __torch__.Model";
  for (const Value* value : graph_.inputs())
    source += ",\n    " + variables_.at(value) + ": Tensor";
  source += ") -> " + (is_single ? "Tensor" : concat("Tuple[", joined(types), "]")) + ":\n" + body_;
  source += "    return " + (is_single ? results[0] : concat("(", joined(results), ")")) + "\n";
  return {std::move(source), modules_.pickle(), modules_.tensors()};
}

void Emitter::emit(const Node& node) {
  node_ = &node;
  if (patterns_.inner.contains(&node)) return;
  if (const auto root = patterns_.roots.find(&node); root != patterns_.roots.end())
    return emit_pattern(root->second);
  const EmitFunction function = node.domain().empty() ? find_emitter(node.op_type()) : nullptr;
  if (function == nullptr) {
    headway::fail(ErrorCode::kUnsupported, node.described(),
                  ": PyTorch has no operator for it; the model cannot be written as TorchScript");
  }
  function(*this);
}

void Emitter::emit_pattern(const Pattern& pattern) {
  const Value& input = *pattern.input;
  switch (pattern.kind) {
    case PatternKind::kSilu:
      return assign(call(in_place("silu", input), {tensor_of(input)}));
    case PatternKind::kHardSwish:
      return assign(call(in_place("hardswish", input), {tensor_of(input)}));
    case PatternKind::kGelu:
      return assign(call("gelu", {tensor_of(input)}));
    case PatternKind::kLinear:
      return assign(call("linear", {tensor_of(input),
                                    pattern.is_transposed ? tensor_of(*pattern.weight)
                                                          : transposed_constant(*pattern.weight),
                                    tensor_of(*pattern.bias)}));
  }
}

const Value& Emitter::input(std::size_t slot) const {
  const Value* value = node_->input(slot);
  if (value == nullptr)
    headway::fail(ErrorCode::kInvalidModel, node_->described(), ": input ", slot, " is missing");
  return *value;
}

const SymbolicShape& Emitter::shape(std::size_t slot) const {
  const Value& value = input(slot);
  if (!value.type.shape) fail("the rank of '", value.name(), "' is not known");
  return *value.type.shape;
}

std::int64_t Emitter::axis(std::int64_t axis, std::int64_t rank) const {
  return axis < 0 ? axis + rank : axis;
}

std::int64_t Emitter::extent(std::size_t slot, std::int64_t axis) const {
  const Dim& dim = shape(slot).at(static_cast<std::size_t>(axis));
  if (!dim.is_static())
    fail("extent ", axis, " of '", input(slot).name(), "' must be a known number");
  return dim.extent();
}

std::string Emitter::tensor(std::size_t slot) {
  return tensor_of(input(slot));
}

std::string Emitter::tensor_of(const Value& value) {
  if (const auto found = variables_.find(&value); found != variables_.end()) return found->second;
  if (value.is_constant()) return variables_[&value] = modules_.add(value.name(), value.constant());
  if (const auto found = ints_.find(&value); found != ints_.end())
    return variables_[&value] = materialize(found->second, value);
  headway::fail(ErrorCode::kInternal, "value '", value.name(), "' is read before it is computed");
}

std::string Emitter::materialize(const IntExpressions& values, const Value& value) {
  const bool is_scalar = value.type.shape && value.type.shape->empty();
  const std::string elements = is_scalar ? values.at(0) : list(values);
  return temporary(call("tensor", {elements, "dtype=4"}));
}

std::string Emitter::tensor_or_none(std::size_t slot) {
  return has_input(slot) ? tensor(slot) : "None";
}

std::string Emitter::tensor_or_number(std::size_t slot) {
  const Value& value = input(slot);
  if (!value.is_constant() || value.constant().rank() != 0) return tensor(slot);
  if (const auto integers = integers_of(value)) return std::to_string(integers->at(0));
  const auto real = constant_number(slot);
  return real ? number(*real) : tensor(slot);
}

std::string Emitter::transposed_constant(const Value& value) {
  std::string& name = transposed_[&value];
  if (name.empty()) name = modules_.add(value.name(), transposed(value.constant()));
  return name;
}

std::optional<std::vector<std::int64_t>> Emitter::constant_ints(std::size_t slot) const {
  const Value* value = node_->input(slot);
  return value == nullptr ? std::nullopt : integers_of(*value);
}

std::optional<double> Emitter::constant_number(std::size_t slot) const {
  const Value* value = node_->input(slot);
  if (value == nullptr || !value->is_constant() || value->constant().size() != 1)
    return std::nullopt;
  return value->constant().clone().to(DType::kFloat64).data<double>()[0];
}

std::optional<IntExpressions> Emitter::ints(std::size_t slot) const {
  const Value* value = node_->input(slot);
  if (value == nullptr) return std::nullopt;
  if (const auto found = ints_.find(value); found != ints_.end()) return found->second;
  const auto constants = integers_of(*value);
  if (!constants || value->constant().rank() > 1) return std::nullopt;
  IntExpressions expressions;
  for (const std::int64_t constant : *constants) expressions.push_back(std::to_string(constant));
  return expressions;
}

IntExpressions Emitter::need_ints(std::size_t slot) const {
  if (auto values = ints(slot)) return *std::move(values);
  fail("input '", input(slot).name(), "' must be constant or computed from shapes");
}

bool Emitter::may_overwrite(const Value& value) const {
  return fresh_.contains(&value) && patterns_.uses_of(value) == 1 && !graph_.is_output(&value);
}

std::string Emitter::in_place(std::string_view function, const Value& value) const {
  return std::string(function) + (may_overwrite(value) ? "_" : "");
}

void Emitter::assign(const std::string& expression, std::size_t output) {
  assign_view(expression, output);
  fresh_.insert(node_->output(output));
}

void Emitter::assign_view(const std::string& expression, std::size_t output) {
  const Value* value = node_->output(output);
  if (value == nullptr) return;
  const std::string name = fresh_name(value->name());
  body_ += "    " + name + " = " + expression + "\n";
  variables_[value] = name;
}

void Emitter::forward_input(std::size_t slot) {
  if (const auto values = ints(slot); values && !input(slot).is_constant())
    return assign_ints(*values);
  variables_[node_->output()] = tensor(slot);
}

void Emitter::assign_ints(IntExpressions values) {
  ints_[node_->output()] = std::move(values);
}

std::string Emitter::temporary(const std::string& expression) {
  const std::string name = fresh_name("t");
  body_ += "    " + name + " = " + expression + "\n";
  return name;
}

std::string Emitter::fresh_name(std::string_view wanted) {
  const std::string base = identifier(wanted);
  std::string name = base;
  for (std::size_t i = 1; !names_.insert(name).second; ++i) name = base + "_" + std::to_string(i);
  return name;
}

std::string number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  const auto narrow = static_cast<float>(value);
  char buffer[32];
  const auto result = static_cast<double>(narrow) == value
                          ? std::to_chars(std::begin(buffer), std::end(buffer), narrow)
                          : std::to_chars(std::begin(buffer), std::end(buffer), value);
  std::string text(buffer, result.ptr);
  if (text.find_first_of(".e") == std::string::npos) text += '.';
  return text;
}

std::string list(const std::vector<std::string>& values) {
  if (values.empty()) return "annotate(List[int], [])";
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : ", ") + value;
  return "[" + text + "]";
}

std::string list(const std::vector<std::int64_t>& values) {
  std::vector<std::string> texts;
  for (const std::int64_t value : values) texts.push_back(std::to_string(value));
  return list(texts);
}

std::string call(std::string_view function, const std::vector<std::string>& arguments) {
  std::string text = "torch." + std::string(function) + "(";
  for (std::size_t i = 0; i < arguments.size(); ++i) text += (i == 0 ? "" : ", ") + arguments[i];
  return text + ")";
}

}  // namespace headway::torchscript
