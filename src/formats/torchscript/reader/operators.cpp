#include "formats/torchscript/reader/operators.h"

#include <algorithm>

#include "base/strings.h"
#include "formats/torchscript/reader/call.h"

namespace headway::script {
namespace {

/// "self, dim=-1" to self and dim.
std::vector<std::string_view> argument_names(std::string_view arguments) {
  std::vector<std::string_view> names;
  while (!arguments.empty()) {
    const std::size_t end = std::min(arguments.find(','), arguments.size());
    names.push_back(arguments.substr(0, std::min(arguments.find('='), end)));
    arguments.remove_prefix(end);
    while (arguments.starts_with(',') || arguments.starts_with(' ')) arguments.remove_prefix(1);
  }
  return names;
}

IValue convert(Recorder& recorder, const AtenOperator& op, std::vector<IValue> arguments,
               KeywordArguments keywords) {
  Call call(recorder, op, std::move(arguments), std::move(keywords));
  return op.convert(call);
}

/// relu_(x) is x = relu(x).
IValue convert_in_place(Recorder& recorder, const AtenOperator& op, std::vector<IValue> arguments,
                        KeywordArguments keywords) {
  // Traced programs have numbers where tensors without dimensions were.
  if (!arguments.empty() && is_number(arguments[0]))
    return call_operator(recorder, std::string(op.name), std::move(arguments), std::move(keywords));
  const auto* given = arguments.empty() ? nullptr : std::get_if<TensorRef>(&arguments[0]);
  if (given == nullptr) fail(ErrorCode::kInvalidModel, "torch.", op.name, "_ of no tensor");
  const TensorRef self = *given;
  const DType dtype = read(self)->type.dtype;
  const IValue result = convert(recorder, op, std::move(arguments), std::move(keywords));
  const auto* cell = std::get_if<TensorRef>(&result);
  if (cell == nullptr) fail(ErrorCode::kInternal, "torch.", op.name, "_ gives no tensor");
  if (*cell == self) return self;
  write(self, cast_to(recorder.graph(), read(*cell), dtype));
  return self;
}

}  // namespace

int AtenOperator::position(std::string_view argument) const {
  const std::vector<std::string_view> names = argument_names(arguments);
  const auto found = std::ranges::find(names, argument);
  return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

const AtenOperator* find_aten_operator(std::string_view name) {
  for (const auto family :
       {convolution_operators, pooling_operators,    normalization_operators, activation_operators,
        elementwise_operators, comparison_operators, reduction_operators,     product_operators,
        attention_operators,   shape_operators,      view_operators,          join_operators,
        index_operators,       creation_operators,   write_operators,         resize_operators,
        core_operators,        scatter_operators,    detection_operators,     recurrent_operators,
        bag_operators}) {
    const std::span<const AtenOperator> operators = family();
    const auto found = std::ranges::find(operators, name, &AtenOperator::name);
    if (found != operators.end()) return &*found;
  }
  return nullptr;
}

IValue call_operator(Recorder& recorder, const std::string& name, std::vector<IValue> arguments,
                     KeywordArguments keywords) {
  if (auto result = call_scalar_operator(recorder, name, arguments)) return *result;
  if (const AtenOperator* op = find_aten_operator(name))
    return convert(recorder, *op, std::move(arguments), std::move(keywords));
  if (name.size() > 1 && name.ends_with('_') && !name.ends_with("__"))
    if (const AtenOperator* op = find_aten_operator(name.substr(0, name.size() - 1)))
      return convert_in_place(recorder, *op, std::move(arguments), std::move(keywords));
  std::string kinds;
  for (const IValue& argument : arguments)
    kinds += concat(kinds.empty() ? "" : ", ", kind_of(argument));
  fail(ErrorCode::kUnsupported, "the operator torch.", name, " (of ", kinds, ") is not supported");
}

}  // namespace headway::script
