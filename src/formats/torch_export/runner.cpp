#include "formats/torch_export/runner.h"

#include <algorithm>

#include "base/strings.h"
#include "formats/torch_export/container.h"
#include "formats/torchscript/op_map.h"
#include "formats/torchscript/reader/call.h"
#include "formats/torchscript/reader/operators.h"

namespace headway::torch_export {
namespace {

using script::IValue;

/// "Symbol('s17', positive=True, integer=True)" and "s17"; "" for anything larger.
std::string symbol_of(std::string_view expression) {
  constexpr std::string_view kCall = "Symbol('";
  if (expression.starts_with(kCall)) {
    expression.remove_prefix(kCall.size());
    const std::size_t quote = expression.find('\'');
    const std::size_t close = expression.find(')');
    if (close == std::string_view::npos || close + 1 != expression.size() || quote > close)
      return "";
    expression = expression.substr(0, quote);
  }
  const bool is_plain = std::ranges::all_of(expression, [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  const bool starts_well = !expression.empty() && (expression[0] < '0' || expression[0] > '9');
  return is_plain && starts_well ? std::string(expression) : "";
}

/// "layer1.0.conv1": the innermost of "key,path,class;key,path,class".
std::string scope_of(const Json& node) {
  const Json* metadata = find(node, "metadata");
  const Json* stack = metadata == nullptr ? nullptr : find(*metadata, "nn_module_stack");
  if (stack == nullptr) return "";
  const std::string& all = text(*stack);
  const std::size_t last = all.rfind(';') + 1;
  const std::size_t begin = all.find(',', last);
  if (begin == std::string::npos) return "";
  const std::string path = all.substr(begin + 1, all.find(',', begin + 1) - begin - 1);
  const bool is_path = std::ranges::all_of(path, [](char c) {
    return c == '_' || c == '.' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
  });
  return is_path ? path : "";
}

/// "node 'conv2d' (torch.ops.aten.conv2d.default, net.py, line 12)".
std::string described(const Json& node) {
  std::string place = text(member(node, "target"));
  const Json* metadata = find(node, "metadata");
  const Json* trace = metadata == nullptr ? nullptr : find(*metadata, "stack_trace");
  if (trace != nullptr) {
    const std::string& all = text(*trace);
    const std::size_t begin = all.rfind("File \"");
    const std::size_t end = all.find(", in ", begin);
    if (begin != std::string::npos && end != std::string::npos) {
      std::string line = all.substr(begin + 6, end - begin - 6);
      std::erase(line, '"');
      place += ", " + line;
    }
  }
  const Json* name = find(node, "name");
  return concat("node ", name == nullptr ? "" : concat(quote(text(*name)), " "), "(", place, "): ");
}

/// An error whose message already names the node: of a graph within a graph the inner one.
class Located : public Error {
 public:
  Located(const Error& error, const std::string& place)
      : Error(error.code(), place + error.what()) {}
};

}  // namespace

TensorType type_of(const Json& meta, const std::string& name) {
  TensorType type{dtype_of(member(meta, "dtype")), SymbolicShape()};
  for (const Json& extent : array(member(meta, "sizes"))) {
    const auto [kind, value] = variant(extent);
    if (kind == "as_int") {
      type.shape->emplace_back(integer(value));
    } else {
      const std::string symbol = symbol_of(text(member(value, "expr_str")));
      type.shape->emplace_back(symbol.empty() ? concat(name, "_", type.shape->size()) : symbol);
    }
  }
  return type;
}

void Runner::run(const Json& graph) {
  for (const Json& node : array(member(graph, "nodes"))) {
    try {
      run_node(node);
    } catch (const Located&) {
      throw;
    } catch (const script::NeedsExtents& error) {
      if (error.is_located()) throw;
      throw script::NeedsExtents(described(node) + error.what(), true);
    } catch (const Error& error) {
      throw Located(error, described(node));
    }
  }
}

std::vector<IValue> Runner::outputs(const Json& graph) const {
  std::vector<IValue> results;
  for (const Json& output : array(member(graph, "outputs"))) results.push_back(argument(output));
  return results;
}

void Runner::run_node(const Json& node) {
  const std::string& target = text(member(node, "target"));
  constexpr std::string_view kHigherOrder = "torch.ops.higher_order.";
  recorder_.graph().enter(scope_of(node));
  if (target.starts_with(kHigherOrder)) {
    bind_outputs(node,
                 call_higher_order(node, std::string_view(target).substr(kHigherOrder.size())));
  } else if (!is_assertion(operator_name(target))) {
    bind_outputs(node, call(node, target));
  }
}

IValue Runner::call(const Json& node, const std::string& target) {
  const std::string name = operator_name(target);
  if (name.empty()) fail(ErrorCode::kUnsupported, "it is an operator that PyTorch itself has not");
  std::vector<IValue> arguments;
  script::KeywordArguments keywords;
  const script::AtenOperator* op = script::find_aten_operator(name);
  for (const Json& input : array(member(node, "inputs"))) {
    const std::string& given = text(member(input, "name"));
    IValue value = argument(member(input, "arg"));
    const Json* kind = find(input, "kind");
    constexpr std::int64_t kKeyword = 2;
    // Arguments that have their defaults are left out, so that those after them need their names.
    const bool is_keyword = kind != nullptr ? integer(*kind) == kKeyword : !keywords.empty();
    if (is_keyword || !keywords.empty() ||
        (op != nullptr && op->position(given) > static_cast<int>(arguments.size()))) {
      keywords.emplace_back(given, std::move(value));
    } else {
      arguments.push_back(std::move(value));
    }
  }
  if (target.starts_with("torch.ops."))
    return script::call_operator(recorder_, name, std::move(arguments), std::move(keywords));
  if (auto result = script::call_scalar_operator(recorder_, name, arguments)) return *result;
  const Json& outputs = array(member(node, "outputs"));
  if (!outputs.empty() && variant(outputs[0]).kind == "as_sym_bool")
    return script::Undecided{"an extent that is not known", {}, -1, false};
  fail(ErrorCode::kUnsupported, "its arithmetic of extents is not supported");
}

void Runner::bind_outputs(const Json& node, const IValue& result) {
  const Json& outputs = array(member(node, "outputs"));
  const auto* tuple = std::get_if<script::TupleRef>(&result);
  if (outputs.size() == 1 && (tuple == nullptr || variant(outputs[0]).kind == "as_tensors"))
    return bind_output(outputs[0], result);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (tuple == nullptr || i >= (*tuple)->items.size())
      fail(ErrorCode::kInvalidModel, "it has ", outputs.size(), " outputs, but gives ",
           script::kind_of(result));
    bind_output(outputs[i], (*tuple)->items[i]);
  }
}

void Runner::bind_output(const Json& output, const IValue& value) {
  const auto [kind, held] = variant(output);
  if (kind == "as_none") return;
  if (kind == "as_tensor") return bind(text(member(held, "name")), value);
  if (kind == "as_optional_tensor") return bind_output(held, value);
  if (kind == "as_sym_int" || kind == "as_sym_bool" || kind == "as_sym_float") {
    if (const Json* name = find(held, "as_name")) bind(text(*name), value);
    return;
  }
  if (kind != "as_tensors" && kind != "as_optional_tensors")
    fail(ErrorCode::kUnsupported, "an output of kind ", quote(kind));
  std::vector<IValue> items;
  if (const auto* list = std::get_if<script::ListRef>(&value)) items = (*list)->items;
  if (const auto* tuple = std::get_if<script::TupleRef>(&value)) items = (*tuple)->items;
  if (array(held).size() > items.size())
    fail(ErrorCode::kInvalidModel, "it has ", held.size(), " outputs, but gives ", items.size());
  for (std::size_t i = 0; i < held.size(); ++i) {
    if (kind == "as_tensors") {
      bind(text(member(held[i], "name")), items[i]);
    } else {
      bind_output(held[i], items[i]);
    }
  }
}

const IValue& Runner::value(const Json& name) const {
  const auto found = values_.find(text(name));
  if (found == values_.end())
    fail(ErrorCode::kInvalidModel, quote(text(name)), " is used before it has a value");
  return found->second;
}

IValue Runner::list(const Json& items, std::string_view kind) const {
  std::vector<IValue> values;
  for (const Json& item : array(items)) {
    if (kind == "as_ints") {
      values.emplace_back(integer(item));
    } else if (kind == "as_floats") {
      values.emplace_back(number(item));
    } else if (kind == "as_bools") {
      values.emplace_back(flag(item));
    } else if (kind == "as_strings") {
      values.emplace_back(text(item));
    } else if (kind == "as_tensors") {
      values.push_back(value(member(item, "name")));
    } else if (kind == "as_int_lists") {
      values.push_back(list(item, "as_ints"));
    } else {  // as_sym_ints, as_sym_bools, as_sym_floats, as_optional_tensors
      values.push_back(argument(item));
    }
  }
  return script::list_of(std::move(values));
}

IValue Runner::argument(const Json& argument) const {
  const auto [kind, held] = variant(argument);
  if (kind == "as_none") return {};
  if (kind == "as_tensor") return value(member(held, "name"));
  if (kind == "as_name") return value(held);
  if (kind == "as_int" || kind == "as_memory_format" || kind == "as_layout") return integer(held);
  if (kind == "as_float") return number(held);
  if (kind == "as_bool") return flag(held);
  if (kind == "as_string") return text(held);
  if (kind == "as_device") return text(member(held, "type"));
  if (kind == "as_scalar_type") return std::int64_t{torchscript::scalar_type_of(dtype_of(held))};
  if (kind == "as_sym_int" || kind == "as_sym_bool" || kind == "as_sym_float" ||
      kind == "as_optional_tensor")
    return this->argument(held);
  if (held.is_array() && kind.ends_with("s")) return list(held, kind);
  fail(ErrorCode::kUnsupported, "an argument of kind ", quote(kind));
}

}  // namespace headway::torch_export
