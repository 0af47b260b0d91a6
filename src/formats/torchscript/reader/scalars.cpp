#include "formats/torchscript/reader/scalars.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/strings.h"
#include "formats/torchscript/reader/call.h"

/// Operators on numbers, and what is asked of the machine.
namespace headway::script {
namespace {

/// An int of any kind: int, bool, a known integer tensor without dimensions, or symbolic.
std::optional<Extent> as_extent(const TypedGraph& graph, const IValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* flag = std::get_if<bool>(&value)) return std::int64_t{*flag};
  if (const auto* symbolic = std::get_if<SymInt>(&value)) return *symbolic;
  const auto* cell = std::get_if<TensorRef>(&value);
  if (cell == nullptr) return std::nullopt;
  const Tensor elements = graph.elements(read(*cell));
  if (!elements.defined() || elements.rank() != 0 || is_floating_point(elements.dtype()))
    return std::nullopt;
  return elements.to(DType::kInt64).data<std::int64_t>()[0];
}

}  // namespace

std::optional<double> as_double(const IValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return static_cast<double>(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
  return std::nullopt;
}

bool is_plain_int(const IValue& value) {
  return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<SymInt>(value) ||
         std::holds_alternative<bool>(value);
}

namespace {

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  if (b == 0 || b == -1) {
    if (b == 0) fail(ErrorCode::kInvalidModel, "a division by zero");
    return static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(a));
  }
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

std::int64_t compute(std::string_view name, std::int64_t a, std::int64_t b) {
  const auto wrap = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
  const auto x = static_cast<std::uint64_t>(a), y = static_cast<std::uint64_t>(b);
  if (name == "add") return wrap(x + y);
  if (name == "sub") return wrap(x - y);
  if (name == "mul") return wrap(x * y);
  if (name == "floordiv" || name == "floor_divide") return floor_divide(a, b);
  if (name == "remainder") return wrap(x - static_cast<std::uint64_t>(floor_divide(a, b)) * y);
  if (name == "max") return std::max(a, b);
  return std::min(a, b);
}

double compute(std::string_view name, double a, double b) {
  if (name == "add") return a + b;
  if (name == "sub") return a - b;
  if (name == "mul") return a * b;
  if (name == "div") return a / b;
  if (name == "pow") return std::pow(a, b);
  if (name == "floordiv" || name == "floor_divide") return std::floor(a / b);
  if (name == "remainder") return a - std::floor(a / b) * b;
  if (name == "max") return std::max(a, b);
  return std::min(a, b);
}

/// On symbolic extents, which are never negative: Div and Mod round as Python does.
Value* node_of(TypedGraph& graph, std::string_view name, Value* a, Value* b) {
  const std::string_view op = name == "add"         ? "Add"
                              : name == "sub"       ? "Sub"
                              : name == "mul"       ? "Mul"
                              : name == "remainder" ? "Mod"
                              : name == "max"       ? "Max"
                              : name == "min"       ? "Min"
                                                    : "Div";
  return graph.add(op, {a, b});
}

Value* value_of(TypedGraph& graph, const Extent& extent) {
  const auto* number = std::get_if<std::int64_t>(&extent);
  return number != nullptr ? graph.ints({*number}) : std::get<SymInt>(extent).value;
}

/// A comparison of extents.
Value* truth_of(TypedGraph& graph, std::string_view name, const Extent& a, const Extent& b) {
  const std::string_view op = name == "lt"   ? "Less"
                              : name == "le" ? "LessOrEqual"
                              : name == "gt" ? "Greater"
                              : name == "ge" ? "GreaterOrEqual"
                                             : "Equal";
  Value* result = graph.add(op, {value_of(graph, a), value_of(graph, b)});
  return name == "ne" ? graph.add("Not", {result}) : result;
}

IValue from_value(const TypedGraph& graph, Value* value) {
  const Tensor elements = graph.elements(value);
  if (elements.defined()) return elements.data<std::int64_t>()[0];
  return SymInt{value, {}};
}

}  // namespace

Result arithmetic(Recorder& recorder, std::string_view name, Arguments arguments) {
  constexpr std::string_view kNames[] = {"add", "sub",       "mul", "floordiv", "floor_divide",
                                         "div", "remainder", "pow", "max",      "min"};
  if (arguments.size() < 2 || std::ranges::find(kNames, name) == std::end(kNames))
    return std::nullopt;
  const IValue &a = arguments[0], &b = arguments[1];
  TypedGraph& graph = recorder.graph();
  if (is_plain_int(a) || is_plain_int(b)) {
    const auto x = as_extent(graph, a), y = as_extent(graph, b);
    const bool integral = name != "div" && name != "pow";
    if (x && y && integral) {
      const auto* m = std::get_if<std::int64_t>(&*x);
      const auto* n = std::get_if<std::int64_t>(&*y);
      if (m != nullptr && n != nullptr) return compute(name, *m, *n);
      if (name == "add" && m != nullptr && *m == 0) return to_ivalue(*y);
      if ((name == "add" || name == "sub") && n != nullptr && *n == 0) return to_ivalue(*x);
      // range(min([INT_MAX, n])) is how zip() counts.
      constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
      if (name == "min" && m != nullptr && *m == kMost) return to_ivalue(*y);
      return from_value(graph, node_of(graph, name, value_of(graph, *x), value_of(graph, *y)));
    }
  }
  const auto x = as_double(a), y = as_double(b);
  if (!x || !y) return std::nullopt;
  if (name == "pow" && std::holds_alternative<std::int64_t>(a) &&
      std::holds_alternative<std::int64_t>(b) && *y >= 0)
    return static_cast<std::int64_t>(std::llround(std::pow(*x, *y)));
  return compute(name, *x, *y);
}

namespace {

template <typename T>
bool compare(std::string_view name, const T& a, const T& b) {
  if (name == "eq") return a == b;
  if (name == "ne") return a != b;
  if (name == "lt") return a < b;
  if (name == "le") return a <= b;
  return name == "gt" ? a > b : a >= b;
}

}  // namespace

std::optional<bool> equal(const IValue& a, const IValue& b, int depth) {
  constexpr int kMaxDepth = 100;
  if (depth > kMaxDepth) fail(ErrorCode::kUnsupported, "lists are nested too deeply");
  const auto all_equal = [depth](const std::vector<IValue>& x,
                                 const std::vector<IValue>& y) -> std::optional<bool> {
    if (x.size() != y.size()) return false;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto same = equal(x[i], y[i], depth + 1);
      if (!same || !*same) return same;
    }
    return true;
  };
  if (const auto x = as_double(a), y = as_double(b); x && y) return *x == *y;
  if (a.index() != b.index()) return false;
  if (is_none(a)) return true;
  if (const auto* text = std::get_if<std::string>(&a)) return *text == std::get<std::string>(b);
  if (const auto* list = std::get_if<ListRef>(&a)) {
    const ListRef& other = std::get<ListRef>(b);
    if ((*list)->stacked != nullptr || other->stacked != nullptr) return std::nullopt;
    return all_equal((*list)->items, other->items);
  }
  if (const auto* tuple = std::get_if<TupleRef>(&a))
    return all_equal((*tuple)->items, std::get<TupleRef>(b)->items);
  return std::nullopt;
}

namespace {

Result comparison(Recorder& recorder, std::string_view name, Arguments arguments) {
  constexpr std::string_view kNames[] = {"eq", "ne", "lt", "le", "gt", "ge"};
  if (arguments.size() != 2 || std::ranges::find(kNames, name) == std::end(kNames))
    return std::nullopt;
  const IValue &a = arguments[0], &b = arguments[1];
  if (const auto x = as_double(a), y = as_double(b); x && y) return compare(name, *x, *y);
  if (is_plain_int(a) || is_plain_int(b)) {
    const auto x = as_extent(recorder.graph(), a), y = as_extent(recorder.graph(), b);
    if (x && y) {
      const auto* m = std::get_if<std::int64_t>(&*x);
      const auto* n = std::get_if<std::int64_t>(&*y);
      if (m != nullptr && n != nullptr) return compare(name, *m, *n);
      Undecided undecided{"an extent that is not known", {}};
      undecided.value = truth_of(recorder.graph(), name, *x, *y);
      const SymInt* symbolic = std::get_if<SymInt>(&*x);
      if (symbolic == nullptr) symbolic = std::get_if<SymInt>(&*y);
      const std::int64_t* number = m != nullptr ? m : n;
      // Extents are never negative.
      const bool is_positive = n != nullptr && *n == 0 && name == "gt";
      if (number != nullptr && (name == "eq" || name == "ne" || is_positive)) {
        undecided.dim = symbolic->dim;
        undecided.extent = *number;
        undecided.negated = name != "eq";
      }
      if (symbolic->dim.is_symbol())
        undecided.because = concat("the extent ", symbolic->dim.to_string());
      return undecided;
    }
  }
  if (const auto* x = std::get_if<std::string>(&a))
    if (const auto* y = std::get_if<std::string>(&b)) return compare(name, *x, *y);
  if ((name == "eq" || name == "ne") && !std::holds_alternative<TensorRef>(a) &&
      !std::holds_alternative<TensorRef>(b)) {
    if (const auto same = equal(a, b)) return *same == (name == "eq");
    return Undecided{"an extent that is not known", {}};
  }
  return std::nullopt;
}

bool identical(const IValue& a, const IValue& b) {
  if (is_none(a) || is_none(b)) return is_none(a) && is_none(b);
  if (const auto* x = std::get_if<TensorRef>(&a))
    if (const auto* y = std::get_if<TensorRef>(&b)) return *x == *y;
  if (const auto* x = std::get_if<ObjectRef>(&a))
    if (const auto* y = std::get_if<ObjectRef>(&b)) return *x == *y;
  if (const auto* x = std::get_if<bool>(&a))
    if (const auto* y = std::get_if<bool>(&b)) return *x == *y;
  return false;
}

Result logic(Recorder& recorder, std::string_view name, Arguments arguments) {
  if (name == "__not__" && arguments.size() == 1) {
    if (const auto* flag = std::get_if<bool>(&arguments[0])) return !*flag;
    if (const auto* undecided = std::get_if<Undecided>(&arguments[0])) {
      Undecided result = *undecided;
      result.negated = !result.negated;
      if (result.value != nullptr) result.value = recorder.graph().add("Not", {result.value});
      return result;
    }
  }
  if (arguments.size() != 2) return std::nullopt;
  if (name == "__is__") return identical(arguments[0], arguments[1]);
  if (name == "__isnot__") return !identical(arguments[0], arguments[1]);
  const auto* a = std::get_if<bool>(&arguments[0]);
  const auto* b = std::get_if<bool>(&arguments[1]);
  if (a == nullptr || b == nullptr) return std::nullopt;
  if (name == "__and__") return *a && *b;
  if (name == "__or__") return *a || *b;
  if (name == "__xor__") return *a != *b;
  return std::nullopt;
}

Result conversion(Recorder& recorder, std::string_view name, Arguments arguments) {
  TypedGraph& graph = recorder.graph();
  if (name == "NumToTensor" || name == "ImplicitTensorToNum") return arguments.at(0);
  if (arguments.size() != 1) return std::nullopt;
  const IValue& x = arguments[0];
  const auto* cell = std::get_if<TensorRef>(&x);
  const Tensor elements = cell == nullptr ? Tensor() : graph.elements(read(*cell));
  const bool known = elements.defined() && elements.size() == 1;
  if (name == "int" || name == "Int" || name == "IntImplicit") {
    if (const auto number = as_double(x); number && !std::holds_alternative<std::int64_t>(x))
      return static_cast<std::int64_t>(*number);
    if (known) return elements.to(DType::kInt64).data<std::int64_t>()[0];
    if (cell == nullptr) return x;
    Value* one =
        graph.add("Reshape", {cast_to(graph, read(*cell), DType::kInt64), graph.ints({1})});
    return from_value(graph, one);
  }
  if (name == "float" || name == "Float" || name == "FloatImplicit" || name == "item") {
    if (known && !is_floating_point(elements.dtype()) && name == "item")
      return elements.to(DType::kInt64).data<std::int64_t>()[0];
    if (known) return elements.to(DType::kFloat64).data<double>()[0];
    if (const auto number = as_double(x)) return *number;
    if (const auto* symbolic = std::get_if<SymInt>(&x))
      return make_tensor(cast_to(graph, graph.add("Squeeze", {symbolic->value, graph.ints({0})}),
                                 DType::kFloat32));
    return x;
  }
  if (name == "str")
    if (const auto* number = std::get_if<std::int64_t>(&x)) return std::to_string(*number);
  if (name == "bool" || name == "Bool") {
    if (known) return elements.to(DType::kBool).data<bool>()[0];
    if (const auto number = as_double(x)) return *number != 0;
    if (const auto* symbolic = std::get_if<SymInt>(&x)) {
      Undecided undecided{"an extent that is not known", {}};
      undecided.value = truth_of(graph, "ne", *symbolic, std::int64_t{0});
      return undecided;
    }
    if (cell != nullptr) {
      Undecided undecided{"data that is known only when the model runs", {}};
      undecided.value =
          graph.add("Reshape", {cast_to(graph, read(*cell), DType::kBool), graph.ints({1})});
      return undecided;
    }
    return std::nullopt;
  }
  return std::nullopt;
}

Result number_function(Recorder&, std::string_view name, Arguments arguments) {
  if (arguments.size() != 1) return std::nullopt;
  const auto* integer = std::get_if<std::int64_t>(&arguments[0]);
  const auto x = as_double(arguments[0]);
  if (!x) return std::nullopt;
  if (name == "neg") return integer != nullptr ? IValue(-*integer) : IValue(-*x);
  if (name == "abs") return integer != nullptr ? IValue(std::abs(*integer)) : IValue(std::fabs(*x));
  if (name == "floor") return static_cast<std::int64_t>(std::floor(*x));
  if (name == "ceil") return static_cast<std::int64_t>(std::ceil(*x));
  if (name == "round") return std::nearbyint(*x);
  if (name == "sqrt") return std::sqrt(*x);
  if (name == "exp") return std::exp(*x);
  if (name == "log") return std::log(*x);
  return std::nullopt;
}

Result range_of(Recorder&, std::string_view name, Arguments arguments) {
  if (name != "range" && name != "__range_length") return std::nullopt;
  std::vector<std::int64_t> bounds;
  for (const IValue& argument : arguments) {
    const auto* number = std::get_if<std::int64_t>(&argument);
    if (number == nullptr)
      throw NeedsExtents("the program repeats a loop an unknown number of times");
    bounds.push_back(*number);
  }
  if (bounds.size() == 1) bounds.insert(bounds.begin(), 0);
  if (bounds.size() == 2) bounds.push_back(1);
  constexpr std::int64_t kMost = 1'000'000;
  if (bounds.size() != 3 || bounds[2] == 0)
    fail(ErrorCode::kInvalidModel, "a loop over a malformed range");
  std::vector<IValue> items;
  for (std::int64_t i = bounds[0]; bounds[2] > 0 ? i < bounds[1] : i > bounds[1]; i += bounds[2]) {
    if (items.size() == kMost) fail(ErrorCode::kUnsupported, "a loop of more than ", kMost);
    items.emplace_back(i);
  }
  if (name == "__range_length") return static_cast<std::int64_t>(items.size());
  return list_of(std::move(items));
}

/// What the machine and the mode are asked for.
Result environment(Recorder& recorder, std::string_view name, Arguments arguments) {
  if (name == "RaiseException") {
    const auto* text = arguments.empty() ? nullptr : std::get_if<std::string>(&arguments[0]);
    fail(ErrorCode::kUnsupported,
         "the program raises an exception for these inputs: ", text == nullptr ? "" : *text);
  }
  if (name == "warn" || name == "manual_seed" || name == "_assert") return IValue();
  if (name == "is_grad_enabled" || name == "is_autocast_enabled" || name == "is_scripting" ||
      name == "requires_grad" || name == "is_cuda" || name == "is_nested" || name == "is_sparse" ||
      name == "is_quantized" || name == "is_mkldnn" || name == "get_fastpath_enabled" ||
      name == "_is_tracing" || name == "is_tracing" || name == "is_autocast_cpu_enabled")
    return false;
  if (name == "__derive_index" && arguments.size() == 3) {
    const IValue offset = *arithmetic(recorder, "mul", {arguments[0], arguments[2]});
    return arithmetic(recorder, "add", {arguments[1], offset});
  }
  if (name == "device" && arguments.size() == 1) return std::string("cpu");
  if (name == "type" && arguments.size() == 1) return std::string("cpu");
  return std::nullopt;
}

}  // namespace

std::optional<IValue> call_scalar_operator(Recorder& recorder, std::string_view name,
                                           const std::vector<IValue>& arguments) {
  for (const auto family :
       {arithmetic, comparison, logic, conversion, number_function, list_operator, tuple_operator,
        dict_operator, string_operator, range_of, environment})
    if (auto result = family(recorder, name, arguments)) return result;
  return std::nullopt;
}

}  // namespace headway::script
