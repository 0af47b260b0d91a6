#include "formats/torchscript/reader/call.h"

#include <algorithm>
#include <limits>

#include "base/strings.h"
#include "formats/torch/storage.h"
#include "ops/onnx_dtype.h"

namespace headway::script {
namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

IValue literal(std::string_view text) {
  const ExprPtr expr = parse_expression(text);
  switch (expr->kind) {
    case Expr::Kind::kBool:
      return expr->integer != 0;
    case Expr::Kind::kInt:
      return expr->integer;
    case Expr::Kind::kFloat:
      return expr->number;
    case Expr::Kind::kString:
      return expr->text;
    case Expr::Kind::kList:
      return std::make_shared<ListData>();
    case Expr::Kind::kNegate:
      return -expr->parts[0]->integer;
    default:
      return {};
  }
}

/// bool, integer, floating point.
int category(DType dtype) {
  return dtype == DType::kBool ? 0 : is_floating_point(dtype) ? 2 : 1;
}

/// Of tensors alike.
DType promoted(DType a, DType b) {
  if (a == b) return a;
  if (category(a) != category(b)) return category(a) > category(b) ? a : b;
  if (size_of(a) != size_of(b)) return size_of(a) > size_of(b) ? a : b;
  if (category(a) == 2) return DType::kFloat32;            // float16 and bfloat16
  return size_of(a) == 1 ? DType::kInt16 : DType::kInt64;  // int8 and uint8
}

std::optional<std::int64_t> known_integer(const TypedGraph& graph, const IValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
  const auto* cell = std::get_if<TensorRef>(&value);
  if (cell == nullptr) return std::nullopt;
  const Tensor elements = graph.elements(read(*cell));
  if (!elements.defined() || elements.size() != 1) return std::nullopt;
  return elements.to(DType::kInt64).data<std::int64_t>()[0];
}

}  // namespace

Call::Call(Recorder& recorder, const AtenOperator& op, std::vector<IValue> arguments,
           KeywordArguments keywords)
    : Builder(recorder), op_(op), arguments_(std::move(arguments)) {
  const std::size_t given = arguments_.size();
  std::string_view rest = op.arguments;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view entry = trimmed(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    const std::size_t equals = std::min(entry.find('='), entry.size());
    names_.push_back(entry.substr(0, equals));
    if (names_.size() <= given) continue;
    const auto keyword =
        std::ranges::find(keywords, names_.back(), &KeywordArguments::value_type::first);
    if (keyword != keywords.end()) {
      arguments_.push_back(std::move(keyword->second));
      keywords.erase(keyword);
    } else if (equals < entry.size()) {
      arguments_.push_back(literal(entry.substr(equals + 1)));
    } else {
      headway::fail(ErrorCode::kInvalidModel, "torch.", op.name, " lacks its argument ",
                    names_.back());
    }
  }
  if (given > names_.size())
    unsupported("called with ", given, " arguments where ", names_.size(), " are known");
  for (const auto& [name, value] : keywords)
    if (!is_none(value) && name != "device" && name != "pin_memory" && name != "layout" &&
        name != "memory_format" && name != "non_blocking" && name != "requires_grad")
      unsupported("the argument ", name, " is not known");
}

const IValue& Call::argument(std::string_view name) const {
  const auto found = std::ranges::find(names_, name);
  if (found == names_.end())
    headway::fail(ErrorCode::kInternal, "torch.", op_.name, " has no argument ", name);
  return arguments_[static_cast<std::size_t>(found - names_.begin())];
}

void Call::wrong(std::string_view name, std::string_view wanted) const {
  unsupported("the argument ", name, " is ", kind_of(argument(name)), ", not ", wanted);
}

TensorRef Call::reference(std::string_view name) const {
  const IValue& value = argument(name);
  if (const auto* cell = std::get_if<TensorRef>(&value)) return *cell;
  // Traced programs have numbers where tensors without dimensions were.
  if (!is_number(value)) wrong(name, "a tensor");
  return make_tensor(
      operand(value, std::holds_alternative<double>(value) ? DType::kFloat32 : DType::kInt64));
}

std::int64_t Call::integer(std::string_view name) const {
  const IValue& value = argument(name);
  if (const auto number = known_integer(graph(), value)) return *number;
  if (std::holds_alternative<SymInt>(value) || std::holds_alternative<TensorRef>(value))
    throw NeedsExtents(concat("torch.", op_.name, ": the argument ", name,
                              " depends on extents that are not known"));
  wrong(name, "an int");
}

double Call::number(std::string_view name) const {
  const IValue& value = argument(name);
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* cell = std::get_if<TensorRef>(&value)) {
    const Tensor elements = graph().elements(read(*cell));
    if (elements.defined() && elements.size() == 1)
      return elements.to(DType::kFloat64).data<double>()[0];
  }
  return static_cast<double>(integer(name));
}

bool Call::flag(std::string_view name) const {
  if (const auto* flag = std::get_if<bool>(&argument(name))) return *flag;
  if (const auto* number = std::get_if<std::int64_t>(&argument(name))) return *number != 0;
  wrong(name, "a bool");
}

const std::string& Call::text(std::string_view name) const {
  const auto* text = std::get_if<std::string>(&argument(name));
  if (text == nullptr) wrong(name, "a string");
  return *text;
}

std::vector<IValue> Call::items(std::string_view name) const {
  if (const auto* list = std::get_if<ListRef>(&argument(name))) {
    if ((*list)->stacked != nullptr) unsupported("a list whose length only a run knows");
    return (*list)->items;
  }
  if (const auto* tuple = std::get_if<TupleRef>(&argument(name))) return (*tuple)->items;
  wrong(name, "a list");
}

std::vector<TensorRef> Call::tensors(std::string_view name) const {
  std::vector<TensorRef> cells;
  for (const IValue& item : items(name)) {
    const auto* cell = std::get_if<TensorRef>(&item);
    if (cell == nullptr) wrong(name, "a list of tensors");
    cells.push_back(*cell);
  }
  return cells;
}

Ints Call::ints(std::string_view name, std::size_t count) const {
  if (!is_list(name) && !std::holds_alternative<TupleRef>(argument(name)))
    return Ints(std::max<std::size_t>(count, 1), integer(name));
  Ints values;
  for (const IValue& item : items(name)) {
    const auto number = known_integer(graph(), item);
    if (!number)
      throw NeedsExtents(concat("torch.", op_.name, ": the argument ", name,
                                " depends on extents that are not known"));
    values.push_back(*number);
  }
  if (values.size() == 1 && count > 1) values.assign(count, values[0]);
  if (count > 0 && !values.empty() && values.size() != count)
    unsupported("the argument ", name, " has ", values.size(), " elements, not ", count);
  return values;
}

std::vector<Extent> Call::extents(std::string_view name) const {
  if (!is_list(name) && !std::holds_alternative<TupleRef>(argument(name)))
    return {extent_of(argument(name))};
  std::vector<Extent> result;
  for (const IValue& item : items(name)) {
    if (const auto number = known_integer(graph(), item)) {
      result.emplace_back(*number);
    } else {
      result.push_back(extent_of(item));
    }
  }
  return result;
}

std::optional<DType> Call::dtype(std::string_view name) const {
  if (!has(name)) return std::nullopt;
  const auto dtype = torch::dtype_of_scalar_type(integer(name));
  if (!dtype) unsupported("dtype number ", integer(name), " is not supported");
  return dtype;
}

const SymbolicShape& Call::shape(Value* value) const {
  const SymbolicShape* shape = graph().shape(value);
  if (shape == nullptr)
    throw NeedsExtents(
        concat("torch.", op_.name, " needs to know how many dimensions '", value->name(), "' has"));
  return *shape;
}

std::int64_t Call::extent(Value* value, std::int64_t axis) const {
  const Dim& dim = shape(value)[static_cast<std::size_t>(this->axis(axis, rank(value)))];
  if (!dim.is_static())
    throw NeedsExtents(concat("torch.", op_.name, " needs to know extent ", axis, " of '",
                              value->name(), "', which is ", dim.to_string()));
  return dim.extent();
}

std::int64_t Call::axis(std::int64_t axis, std::int64_t rank) const {
  const std::int64_t limit = std::max<std::int64_t>(rank, 1);
  if (axis < -limit || axis >= limit)
    headway::fail(ErrorCode::kInvalidModel, "torch.", op_.name, ": axis ", axis,
                  " of a tensor with ", rank, " dimensions");
  return axis < 0 ? axis + limit : axis;
}

Value* cast_to(TypedGraph& graph, Value* value, DType dtype) {
  if (graph.dtype(value) == dtype) return value;
  return graph.add("Cast", {value}, {{"to", onnx_number_of(dtype)}});
}

Value* Call::operand(const IValue& value, DType dtype) const {
  if (const auto* cell = std::get_if<TensorRef>(&value)) return cast(read(*cell), dtype);
  if (const auto* flag = std::get_if<bool>(&value))
    return graph().scalar(std::int64_t{*flag}, dtype);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return graph().scalar(*number, dtype);
  if (const auto* number = std::get_if<double>(&value)) return graph().scalar(*number, dtype);
  if (const auto* symbolic = std::get_if<SymInt>(&value))
    return cast(squeeze(symbolic->value, {0}), dtype);
  unsupported("an operand is ", kind_of(value));
}

Value* Builder::extents_value(const std::vector<Extent>& extents) const {
  Ints numbers;
  for (const Extent& extent : extents)
    if (const auto* number = std::get_if<std::int64_t>(&extent)) numbers.push_back(*number);
  if (numbers.size() == extents.size()) return ints_value(numbers);
  std::vector<Value*> parts;
  for (const Extent& extent : extents) {
    const auto* number = std::get_if<std::int64_t>(&extent);
    parts.push_back(number != nullptr ? ints_value({*number}) : std::get<SymInt>(extent).value);
  }
  return parts.size() == 1 ? parts[0] : node("Concat", parts, {{"axis", std::int64_t{0}}});
}

namespace {

/// What -1 stands for, if the extents that only a run knows are the same before and after.
void infer_extent(const SymbolicShape& shape, std::vector<Extent>& extents) {
  std::vector<std::string> symbols;
  std::int64_t elements = 1, rest = 1;
  for (const Dim& dim : shape) {
    if (dim.is_unknown()) return;
    if (dim.is_symbol()) symbols.push_back(dim.symbol());
    if (dim.is_static() && __builtin_mul_overflow(elements, dim.extent(), &elements)) return;
  }
  Extent* open = nullptr;
  for (Extent& extent : extents) {
    if (const auto* number = std::get_if<std::int64_t>(&extent)) {
      if (*number == -1) open = &extent;
      if (*number != -1 && __builtin_mul_overflow(rest, *number, &rest)) return;
    } else {
      const auto found = std::ranges::find(symbols, std::get<SymInt>(extent).dim.symbol());
      if (found == symbols.end()) return;
      symbols.erase(found);
    }
  }
  if (open != nullptr && symbols.empty() && rest > 0 && elements % rest == 0)
    *open = elements / rest;
}

}  // namespace

Value* Builder::reshape(Value* value, const std::vector<Extent>& extents) const {
  std::vector<Extent> wanted = extents;
  const SymbolicShape* shape = graph().shape(value);
  if (shape != nullptr) infer_extent(*shape, wanted);
  std::size_t unknown = 0, inferred = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (const auto* number = std::get_if<std::int64_t>(&wanted[i])) {
      inferred += *number == -1 ? 1 : 0;
      // A zero would copy the extent of the input.
      if (*number == 0)
        return node("Reshape", {value, extents_value(wanted)}, {{"allowzero", std::int64_t{1}}});
    } else if (shape != nullptr && i < shape->size() &&
               (*shape)[i].same_as(std::get<SymInt>(wanted[i]).dim)) {
      wanted[i] = std::int64_t{0};
    } else {
      ++unknown;
    }
  }
  if (unknown == 1 && inferred == 0)
    for (Extent& extent : wanted)
      if (std::holds_alternative<SymInt>(extent)) extent = std::int64_t{-1};
  return node("Reshape", {value, extents_value(wanted)});
}

Value* Builder::transpose(Value* value, const Ints& order) const {
  return node("Transpose", {value}, {{"perm", order}});
}
Value* Builder::squeeze(Value* value, const Ints& axes) const {
  return node("Squeeze", {value, ints_value(axes)});
}
Value* Builder::unsqueeze(Value* value, const Ints& axes) const {
  return node("Unsqueeze", {value, ints_value(axes)});
}
Value* Builder::slice(Value* value, std::int64_t axis, std::int64_t begin, std::int64_t end,
                      std::int64_t step) const {
  return node("Slice", {value, ints_value({begin}), ints_value({end}), ints_value({axis}),
                        ints_value({step})});
}

std::vector<Extent> Builder::extents_of(Value* value) const {
  std::vector<Extent> extents;
  const SymbolicShape* shape = graph().shape(value);
  if (shape == nullptr) throw NeedsExtents("a tensor has an unknown number of dimensions");
  for (std::size_t axis = 0; axis < shape->size(); ++axis)
    extents.push_back(extent_of(recorder_->extent_of(value, static_cast<std::int64_t>(axis))));
  return extents;
}

Value* Builder::expand(Value* value, const std::vector<Extent>& extents) const {
  const auto own =
      graph().shape(value) == nullptr ? std::nullopt : to_static(*graph().shape(value));
  Ints wanted;
  for (const Extent& extent : extents)
    if (const auto* number = std::get_if<std::int64_t>(&extent)) wanted.push_back(*number);
  if (own && wanted.size() == extents.size() && *own == wanted) return value;
  return node("Expand", {value, extents_value(extents)});
}

Value* Builder::put_slice(Value* base, Value* part, std::int64_t axis, std::int64_t begin,
                          std::int64_t end) const {
  const Dim& dim = graph().shape(base)->at(static_cast<std::size_t>(axis));
  if (!dim.is_static()) return put_slice(base, part, axis, begin);
  std::vector<Value*> parts;
  if (begin > 0) parts.push_back(slice(base, axis, 0, begin));
  parts.push_back(part);
  if (end < dim.extent()) parts.push_back(slice(base, axis, end, dim.extent()));
  return parts.size() == 1 ? part : node("Concat", parts, {{"axis", axis}});
}

Value* Builder::put_slice(Value* base, Value* part, std::int64_t axis, const Extent& begin) const {
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  Value* axes = ints_value({axis});
  Value* front = node("Slice", {base, ints_value({0}), extents_value({begin}), axes});
  const auto extent = [&](Value* value) {
    return extents_value({script::extent_of(recorder_->extent_of(value, axis))});
  };
  Value* end = node("Add", {extent(front), extent(part)});
  Value* rest = node("Slice", {base, end, ints_value({kEnd}), axes});
  // What is joined has the extents of the base, which its parts do not tell.
  return reshape(node("Concat", {front, part, rest}, {{"axis", axis}}), extents_of(base));
}

DType promoted(const std::vector<const IValue*>& operands) {
  // Tensors with dimensions come first, then those without, then numbers; the lower ones count
  // only if they are of a higher category.
  std::optional<DType> levels[3];
  for (const IValue* operand : operands) {
    std::size_t level = 2;
    DType dtype = DType::kInt64;
    if (const auto* cell = std::get_if<TensorRef>(operand)) {
      const Value* value = read(*cell);
      level = value->type.shape && value->type.shape->empty() ? 1 : 0;
      dtype = value->type.dtype;
    } else if (std::holds_alternative<double>(*operand)) {
      dtype = DType::kFloat32;
    } else if (std::holds_alternative<bool>(*operand)) {
      dtype = DType::kBool;
    } else if (is_none(*operand)) {
      continue;
    }
    levels[level] = levels[level] ? promoted(*levels[level], dtype) : dtype;
  }
  std::optional<DType> result;
  for (const auto& level : levels)
    if (level && (!result || category(*level) > category(*result))) result = level;
  return result.value_or(DType::kFloat32);
}

IValue tuple_of(std::vector<IValue> items) {
  return std::make_shared<TupleData>(TupleData{std::move(items), nullptr});
}
IValue list_of(std::vector<IValue> items) {
  return std::make_shared<ListData>(ListData{std::move(items)});
}

Extent extent_of(const IValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* symbolic = std::get_if<SymInt>(&value)) return *symbolic;
  fail(ErrorCode::kUnsupported, kind_of(value), " where an int is needed");
}

IValue to_ivalue(const Extent& extent) {
  if (const auto* number = std::get_if<std::int64_t>(&extent)) return *number;
  return std::get<SymInt>(extent);
}

}  // namespace headway::script
