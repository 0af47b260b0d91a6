#include "formats/torchscript/reader/interpreter.h"

#include <algorithm>

#include "base/strings.h"
#include "formats/torchscript/reader/call.h"
#include "formats/torchscript/reader/operators.h"

namespace headway::script {
namespace {

constexpr int kMaxCalls = 150;
constexpr std::int64_t kMaxSteps = 2'000'000;

/// An error whose message already says where in the program it happened.
class Located : public Error {
 public:
  Located(const Error& error, const std::string& place)
      : Error(error.code(), place + error.what()) {}
};

bool is_raise(const Statement& statement) {
  return statement.value && statement.value->kind == Expr::Kind::kCall &&
         dotted_name(*statement.value->parts[0]) == "ops.prim.RaiseException";
}

/// isinstance(value, T) or isinstance(value, (T, U)).
bool is_instance(const IValue& value, const Expr& type) {
  if (type.kind == Expr::Kind::kTuple)
    return std::ranges::any_of(type.parts,
                               [&](const ExprPtr& part) { return is_instance(value, *part); });
  const std::string name = dotted_name(type.kind == Expr::Kind::kSubscript ? *type.parts[0] : type);
  if (name == "Tensor") return std::holds_alternative<TensorRef>(value);
  if (name == "list" || name == "List") return std::holds_alternative<ListRef>(value);
  if (name == "tuple" || name == "Tuple") return std::holds_alternative<TupleRef>(value);
  if (name == "Dict") return std::holds_alternative<DictRef>(value);
  if (name == "str") return std::holds_alternative<std::string>(value);
  if (name == "bool") return std::holds_alternative<bool>(value);
  if (name == "float") return std::holds_alternative<double>(value);
  if (name == "NoneType") return is_none(value);
  if (name == "int")
    return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<SymInt>(value);
  fail(ErrorCode::kUnsupported, "whether ", kind_of(value), " is of type ", quote(name));
}

bool raises(const std::vector<Statement>& body) {
  return std::ranges::any_of(body, is_raise);
}

}  // namespace

std::optional<IValue> Interpreter::execute(const std::vector<Statement>& body, Frame& frame) {
  for (const Statement& statement : body)
    if (auto result = execute(statement, frame)) return result;
  return std::nullopt;
}

std::optional<IValue> Interpreter::execute(const Statement& statement, Frame& frame) {
  if (++steps_ > kMaxSteps)
    fail(ErrorCode::kUnsupported, "the program takes more than ", kMaxSteps, " steps");
  try {
    switch (statement.kind) {
      case Statement::Kind::kExpression:
        evaluate(*statement.value, frame);
        return std::nullopt;
      case Statement::Kind::kAssign:
        assign(statement, frame);
        return std::nullopt;
      case Statement::Kind::kReturn:
        return statement.value ? evaluate(*statement.value, frame) : IValue();
      case Statement::Kind::kIf:
        return execute_if(statement, frame);
      case Statement::Kind::kFor:
      case Statement::Kind::kWhile:
        return execute_loop(statement, frame);
      case Statement::Kind::kWith:
        return execute(statement.body, frame);
      case Statement::Kind::kPass:
        return std::nullopt;
    }
    return std::nullopt;
  } catch (const Located&) {
    throw;
  } catch (const NeedsExtents& error) {
    if (error.is_located()) throw;
    throw NeedsExtents(concat(place_of(frame, statement), error.what()), true);
  } catch (const Error& error) {
    throw Located(error, place_of(frame, statement));
  }
}

std::string Interpreter::place_of(const Frame& frame, const Statement& statement) {
  return concat(frame.function->file, ", line ", statement.line, ": ");
}

std::optional<bool> Interpreter::condition(const IValue& value, bool then_raises, bool else_raises,
                                           Undecided& undecided) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number != 0;
  undecided.because = "data that is known only when the model runs";
  if (const auto* cell = std::get_if<TensorRef>(&value)) {
    Value* tensor = read(*cell);
    const Tensor elements = graph_.elements(tensor);
    if (elements.defined() && elements.size() == 1)
      return elements.to(DType::kBool).data<bool>()[0];
    undecided.value =
        graph_.add("Reshape", {cast_to(graph_, tensor, DType::kBool), graph_.ints({1})});
  } else if (const auto* given = std::get_if<Undecided>(&value)) {
    undecided = *given;
  } else {
    fail(ErrorCode::kUnsupported, "a condition is ", kind_of(value));
  }
  if (then_raises == else_raises) {
    if (undecided.value != nullptr && graph_.has_static_inputs()) return std::nullopt;
    throw NeedsExtents(concat("the program branches on ", undecided.because));
  }
  // What does not raise an exception must be the case; an input's extent may be known by it.
  const bool holds = else_raises;
  if (undecided.dim.is_symbol() && holds != undecided.negated) {
    for (Value* input : graph_.graph().inputs()) {
      for (std::size_t axis = 0; input->type.shape && axis < input->type.shape->size(); ++axis) {
        if (!(*input->type.shape)[axis].same_as(undecided.dim)) continue;
        TensorType type = input->type;
        (*type.shape)[axis] = Dim(undecided.extent);
        refine(input, type);
      }
    }
  }
  return holds;
}

std::optional<IValue> Interpreter::execute_if(const Statement& statement, Frame& frame) {
  const IValue value = evaluate(*statement.value, frame);
  Undecided undecided;
  const auto holds =
      condition(value, raises(statement.body), raises(statement.otherwise), undecided);
  if (!holds) return emit_if(statement, undecided, frame);
  return execute(*holds ? statement.body : statement.otherwise, frame);
}

std::optional<IValue> Interpreter::execute_loop(const Statement& statement, Frame& frame) {
  if (statement.kind == Statement::Kind::kWhile) {
    for (;;) {
      Undecided undecided;
      const auto goes_on = condition(evaluate(*statement.value, frame), false, false, undecided);
      if (!goes_on) emit_loop(statement, std::nullopt, undecided.value, frame);
      if (!goes_on || !*goes_on) return std::nullopt;
      if (auto result = execute(statement.body, frame)) return result;
    }
  }
  const Expr& range = *statement.value;
  const bool counts = range.kind == Expr::Kind::kCall && range.parts.size() == 2 &&
                      dotted_name(*range.parts[0]) == "range";
  IValue items = evaluate(counts ? *range.parts[1] : range, frame);
  if (counts) {
    const auto* trips = std::get_if<SymInt>(&items);
    if (trips != nullptr && graph_.has_static_inputs()) {
      emit_loop(statement, *trips, nullptr, frame);
      return std::nullopt;
    }
    items = call_operator(*this, "range", {items}, {});
  }
  const auto* list = std::get_if<ListRef>(&items);
  if (list == nullptr) fail(ErrorCode::kUnsupported, "a loop over ", kind_of(items));
  if ((*list)->stacked != nullptr)
    fail(ErrorCode::kUnsupported, "a loop over a list whose length only a run knows");
  const std::vector<IValue> copy = (*list)->items;
  for (const IValue& item : copy) {
    assign_one(*statement.targets[0], item, frame);
    if (auto result = execute(statement.body, frame)) return result;
  }
  return std::nullopt;
}

/// "N, C, H, W, = torch.size(x)" tells the rank of an input.
void Interpreter::refine_unpacked(const Statement& statement, Frame& frame) {
  const Expr& value = *statement.value;
  if (statement.targets.size() < 2 || value.kind != Expr::Kind::kCall || value.parts.size() != 2 ||
      dotted_name(*value.parts[0]) != "torch.size")
    return;
  const IValue argument = evaluate(*value.parts[1], frame);
  const auto* cell = std::get_if<TensorRef>(&argument);
  if (cell == nullptr || !is_open(read(*cell))) return;
  const Value* input = read(*cell);
  TensorType type = input->type;
  type.shape.emplace();
  for (std::size_t axis = 0; axis < statement.targets.size(); ++axis)
    type.shape->push_back(symbol_for(input, axis));
  refine(input, type);
}

void Interpreter::assign(const Statement& statement, Frame& frame) {
  refine_unpacked(statement, frame);
  IValue value = evaluate(*statement.value, frame);
  if (statement.targets.size() == 1 && statement.targets[0]->kind != Expr::Kind::kTuple)
    return assign_one(*statement.targets[0], std::move(value), frame);
  const std::vector<ExprPtr>& targets =
      statement.targets.size() == 1 ? statement.targets[0]->parts : statement.targets;
  std::vector<IValue> items;
  if (const auto* tuple = std::get_if<TupleRef>(&value)) items = (*tuple)->items;
  if (const auto* list = std::get_if<ListRef>(&value)) items = (*list)->items;
  if (items.size() != targets.size())
    fail(ErrorCode::kInvalidModel, kind_of(value), " of ", items.size(), " cannot be unpacked to ",
         targets.size());
  for (std::size_t i = 0; i < items.size(); ++i)
    assign_one(*targets[i], std::move(items[i]), frame);
}

void Interpreter::assign_one(const Expr& target, IValue value, Frame& frame) {
  if (target.kind == Expr::Kind::kName) {
    frame.variables[target.text] = std::move(value);
    return;
  }
  if (target.kind == Expr::Kind::kAttribute) {
    const IValue owner = evaluate(*target.parts[0], frame);
    if (const auto* object = std::get_if<ObjectRef>(&owner)) {
      if (graph_.depth() > 0 && (*object)->is_module)
        fail(ErrorCode::kUnsupported, "a branch or loop that depends on data sets the attribute ",
             quote(target.text));
      (*object)->attributes[target.text] = std::move(value);
      return;
    }
  }
  fail(ErrorCode::kUnsupported, "an assignment to something that is no variable or attribute");
}

IValue Interpreter::evaluate(const Expr& expr, Frame& frame) {
  IValue value = evaluate_parts(expr, frame);
  const bool is_fresh = expr.kind != Expr::Kind::kName && expr.kind != Expr::Kind::kAttribute;
  if (is_fresh &&
      (std::holds_alternative<ListRef>(value) || std::holds_alternative<TupleRef>(value) ||
       std::holds_alternative<DictRef>(value) || std::holds_alternative<ObjectRef>(value)))
    kept_.push_back(value);
  return value;
}

IValue Interpreter::evaluate_parts(const Expr& expr, Frame& frame) {
  const auto all = [&] {
    std::vector<IValue> items;
    for (const ExprPtr& part : expr.parts) items.push_back(evaluate(*part, frame));
    return items;
  };
  switch (expr.kind) {
    case Expr::Kind::kName: {
      const auto found = frame.variables.find(expr.text);
      if (found != frame.variables.end()) return found->second;
      if (frame.lost.contains(expr.text))
        fail(ErrorCode::kUnsupported, "the variable ", quote(expr.text),
             " is one of two different things after a branch or loop that depends on data");
      fail(ErrorCode::kInvalidModel, "the variable ", quote(expr.text), " has no value");
    }
    case Expr::Kind::kNone:
      return {};
    case Expr::Kind::kBool:
      return expr.integer != 0;
    case Expr::Kind::kInt:
      return expr.integer;
    case Expr::Kind::kFloat:
      return expr.number;
    case Expr::Kind::kString:
      return expr.text;
    case Expr::Kind::kAttribute:
      return attribute(expr, frame);
    case Expr::Kind::kCall:
      return call(expr, frame);
    case Expr::Kind::kList:
      return std::make_shared<ListData>(ListData{all()});
    case Expr::Kind::kTuple:
      return std::make_shared<TupleData>(TupleData{all(), nullptr});
    case Expr::Kind::kSubscript: {
      std::vector<IValue> items = all();
      return call_operator(*this, "__getitem__", std::move(items), {});
    }
    case Expr::Kind::kNegate:
      return call_operator(*this, "neg", all(), {});
    case Expr::Kind::kDict: {
      auto dict = std::make_shared<DictData>();
      std::vector<IValue> items = all();
      for (std::size_t i = 0; i + 1 < items.size(); i += 2)
        dict->items.emplace_back(std::move(items[i]), std::move(items[i + 1]));
      return dict;
    }
  }
  return {};
}

IValue Interpreter::attribute(const Expr& expr, Frame& frame) {
  const std::string name = dotted_name(expr);
  if (!name.empty()) {
    const std::string root = name.substr(0, name.find('.'));
    if (root == "__torch__") return global(name);
    if (root == "CONSTANTS" && !frame.variables.contains(root)) {
      const std::string number = name.substr(root.size() + 1);
      if (number.size() > 1 && number[0] == 'c' && number.size() < 10 &&
          number.find_first_not_of("0123456789", 1) == std::string::npos)
        return constant(std::stoul(number.substr(1)));
    }
  }
  return attribute_of(evaluate(*expr.parts[0], frame), expr.text);
}

IValue Interpreter::attribute_of(const IValue& owner, const std::string& name) {
  if (const auto* object = std::get_if<ObjectRef>(&owner)) {
    ObjectData& data = **object;
    const auto found = data.attributes.find(name);
    if (found != data.attributes.end()) return found->second;
    const std::string path = data.path.empty() ? name : data.path + "." + name;
    if (const auto state = states_.find(&data); state != states_.end())
      if (const torch::PickleValue* value = state->second->find(name))
        return data.attributes[name] = load(*value, path);
    if (const Class* type = program_.find_class(data.class_name)) {
      if (const auto constant = type->constants.find(name); constant != type->constants.end()) {
        Frame none;
        return evaluate(*constant->second, none);
      }
      if (const auto method = type->methods.find(name); method != type->methods.end())
        return std::make_shared<const FunctionRef>(FunctionRef{&method->second, nullptr, *object});
    }
    fail(ErrorCode::kInvalidModel, "an object of ", data.class_name, " has no attribute ",
         quote(name));
  }
  if (const auto* tuple = std::get_if<TupleRef>(&owner); tuple != nullptr && (*tuple)->type) {
    const auto& fields = (*tuple)->type->fields;
    const auto field = std::ranges::find(fields, name);
    if (field != fields.end())
      return (*tuple)->items.at(static_cast<std::size_t>(field - fields.begin()));
  }
  if (std::holds_alternative<TensorRef>(owner)) return call_operator(*this, name, {owner}, {});
  fail(ErrorCode::kUnsupported, kind_of(owner), " has no attribute ", quote(name));
}

/// annotate(T, x) and the like, whose first argument is a type and not a value.
std::optional<IValue> Interpreter::call_special(const Expr& expr, Frame& frame) {
  const Expr& callee = *expr.parts[0];
  if (callee.kind != Expr::Kind::kName || frame.variables.contains(callee.text))
    return std::nullopt;
  if ((callee.text == "annotate" || callee.text == "unchecked_cast") && expr.parts.size() == 3) {
    IValue value = evaluate(*expr.parts[2], frame);
    // A tensor becomes a number without being told to.
    if (!std::holds_alternative<TensorRef>(value)) return value;
    const std::string type = dotted_name(*expr.parts[1]);
    if (type == "int") return call_operator(*this, "IntImplicit", {value}, {});
    if (type == "float") return call_operator(*this, "FloatImplicit", {value}, {});
    return value;
  }
  if (callee.text == "uninitialized") return IValue();
  if (callee.text == "isinstance" && expr.parts.size() == 3)
    return is_instance(evaluate(*expr.parts[1], frame), *expr.parts[2]);
  if (callee.text == "getattr" && expr.parts.size() == 3)
    return attribute_of(evaluate(*expr.parts[1], frame), expr.parts[2]->text);
  return std::nullopt;
}

IValue Interpreter::call(const Expr& expr, Frame& frame) {
  if (auto special = call_special(expr, frame)) return *special;
  std::vector<IValue> arguments;
  KeywordArguments keywords;
  const auto evaluate_arguments = [&] {
    for (std::size_t i = 1; i < expr.parts.size(); ++i)
      arguments.push_back(evaluate(*expr.parts[i], frame));
    for (const Keyword& keyword : expr.keywords)
      keywords.emplace_back(keyword.name, evaluate(*keyword.value, frame));
  };
  const Expr& callee = *expr.parts[0];
  const std::string name = dotted_name(callee);
  constexpr std::string_view kNew = ".__new__";
  if (name.starts_with("__torch__.") && name.ends_with(kNew)) {
    const Class* type = program_.find_class(name.substr(0, name.size() - kNew.size()));
    if (type == nullptr) fail(ErrorCode::kInvalidModel, "the archive does not define ", name);
    auto object = std::make_shared<ObjectData>();
    object->class_name = type->name;
    return object;
  }
  const std::string root = name.substr(0, name.find('.'));
  if (!frame.variables.contains(root) && !name.empty() && root != "__torch__") {
    evaluate_arguments();
    return call_operator(*this, name.substr(name.rfind('.') + 1), std::move(arguments),
                         std::move(keywords));
  }
  const IValue function = evaluate(callee, frame);
  const auto* reference = std::get_if<std::shared_ptr<const FunctionRef>>(&function);
  if (reference == nullptr) fail(ErrorCode::kUnsupported, kind_of(function), " is called");
  evaluate_arguments();
  return call_function(**reference, std::move(arguments), std::move(keywords));
}

IValue Interpreter::call_function(const FunctionRef& function, std::vector<IValue> arguments,
                                  KeywordArguments keywords) {
  if (function.type != nullptr)
    return construct(*function.type, std::move(arguments), std::move(keywords));
  return run(*function.function, function.self, std::move(arguments), std::move(keywords));
}

IValue Interpreter::construct(const Class& type, std::vector<IValue> arguments,
                              KeywordArguments keywords) {
  if (type.base == "NamedTuple") {
    for (auto& [name, value] : keywords) arguments.push_back(std::move(value));
    return std::make_shared<TupleData>(TupleData{std::move(arguments), &type});
  }
  auto object = std::make_shared<ObjectData>();
  object->class_name = type.name;
  const auto init = type.methods.find("__init__");
  if (init != type.methods.end())
    run(init->second, object, std::move(arguments), std::move(keywords));
  return object;
}

IValue Interpreter::run(const Function& function, const ObjectRef& self,
                        std::vector<IValue> arguments, KeywordArguments keywords) {
  if (++depth_ > kMaxCalls)
    fail(ErrorCode::kUnsupported, "calls are nested more than ", kMaxCalls, " deep");
  Frame frame;
  frame.function = &function;
  if (self) arguments.insert(arguments.begin(), self);
  const auto& parameters = function.parameters;
  if (arguments.size() > parameters.size())
    fail(ErrorCode::kInvalidModel, function.name, " is called with ", arguments.size(),
         " arguments, but takes ", parameters.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto given =
        std::ranges::find(keywords, parameters[i].name, &KeywordArguments::value_type::first);
    IValue& variable = frame.variables[parameters[i].name];
    if (i < arguments.size()) {
      variable = std::move(arguments[i]);
    } else if (given != keywords.end()) {
      variable = std::move(given->second);
    } else if (parameters[i].fallback) {
      variable = evaluate(*parameters[i].fallback, frame);
    } else {
      fail(ErrorCode::kInvalidModel, function.name, " is called without ",
           quote(parameters[i].name));
    }
  }
  frames_.push_back(&frame);
  const std::string scope = graph_.scope();
  if (self && !self->path.empty()) graph_.enter(self->path);
  std::optional<IValue> result = execute(function.body, frame);
  graph_.enter(scope);
  frames_.pop_back();
  --depth_;
  return result ? std::move(*result) : IValue();
}

IValue Interpreter::global(const std::string& name) {
  if (const Function* function = program_.find_function(name))
    return std::make_shared<const FunctionRef>(FunctionRef{function, nullptr, nullptr});
  if (const Class* type = program_.find_class(name))
    return std::make_shared<const FunctionRef>(FunctionRef{nullptr, type, nullptr});
  fail(ErrorCode::kInvalidModel, "the archive does not define ", name);
}

const Function& Interpreter::method(const ObjectRef& object, std::string_view name) {
  const Class* type = program_.find_class(object->class_name);
  if (type == nullptr)
    fail(ErrorCode::kInvalidModel, "the archive does not define ", object->class_name);
  const auto found = type->methods.find(name);
  if (found == type->methods.end())
    fail(ErrorCode::kUnsupported, type->name, " has no method ", name);
  return found->second;
}

std::string dotted_name(const Expr& expr) {
  if (expr.kind == Expr::Kind::kName) return expr.text;
  if (expr.kind != Expr::Kind::kAttribute) return "";
  const std::string owner = dotted_name(*expr.parts[0]);
  return owner.empty() ? "" : owner + "." + expr.text;
}

}  // namespace headway::script
