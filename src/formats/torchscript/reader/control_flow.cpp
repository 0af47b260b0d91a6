#include <algorithm>
#include <functional>
#include <set>

#include "base/strings.h"
#include "formats/torchscript/reader/call.h"
#include "formats/torchscript/reader/interpreter.h"

/// Branches and loops that only a run decides: their bodies are read once for each way they may go,
/// and what differs afterwards becomes outputs of an If or a Loop.
namespace headway::script {

struct Interpreter::State {
  std::unordered_map<std::string, IValue> variables;  ///< Of the function that is running.
  std::vector<std::pair<TensorRef, TensorCell>> cells;
  std::vector<std::pair<ListRef, ListData>> lists;
  std::vector<std::pair<DictRef, DictData>> dicts;
  std::vector<std::pair<ObjectRef, ObjectData>> objects;
  std::set<const void*> seen;
  /// What the tensors were, views included. Only of an outcome.
  std::unordered_map<const TensorCell*, Value*> values;
  std::optional<IValue> result;

  Value* value_of(const TensorRef& cell) const;
  const ListData& now(const ListRef& list, const ListData& otherwise) const;
};

namespace {

bool is_flag(const IValue& value) {
  const auto* undecided = std::get_if<Undecided>(&value);
  return std::holds_alternative<bool>(value) || (undecided != nullptr && undecided->value);
}
bool is_extent(const IValue& value) {
  return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<SymInt>(value);
}
bool is_number(const IValue& value) {
  return std::holds_alternative<TensorRef>(value) || std::holds_alternative<double>(value);
}

bool same(const IValue& a, const IValue& b) {
  if (a.index() != b.index()) return false;
  return std::visit(
      [&]<typename T>(const T& x) {
        const T& y = std::get<T>(b);
        if constexpr (std::is_same_v<T, SymInt> || std::is_same_v<T, Undecided>) {
          return x.value != nullptr && x.value == y.value;
        } else {
          return x == y;
        }
      },
      a);
}

/// What is true of both.
TensorType common_extents(const TensorType& a, const TensorType& b) {
  TensorType type = a;
  if (a.dtype != b.dtype)
    fail(ErrorCode::kUnsupported, "a loop changes a tensor of ", name_of(a.dtype), " to ",
         name_of(b.dtype));
  if (!a.shape || !b.shape || a.shape->size() != b.shape->size()) {
    type.shape.reset();
    return type;
  }
  for (std::size_t axis = 0; axis < a.shape->size(); ++axis)
    if (!(*a.shape)[axis].same_as((*b.shape)[axis])) (*type.shape)[axis] = Dim();
  return type;
}

bool same(const std::vector<IValue>& a, const std::vector<IValue>& b) {
  return std::ranges::equal(a, b, [](const IValue& x, const IValue& y) { return same(x, y); });
}

}  // namespace

/// One value that is this or that, if both are of a kind.
class Interpreter::Merge {
 public:
  using Choose = std::function<Value*(const IValue&, const IValue&)>;
  /// `older`: what there was before.
  Merge(Choose choose, const std::set<const void*>& older)
      : choose_(std::move(choose)), older_(older) {}

  /// Lists that get one tensor in each iteration of a loop: what a loop's body adds, or what all of
  /// them are together.
  void collect_grown(std::vector<Value*>& elements) { elements_ = &elements; }
  void set_grown(std::function<Value*()> stacked) { stacked_ = std::move(stacked); }
  bool grow(const ListRef& list, const ListData& before, const ListData& after) const {
    const auto* cell = after.items.size() == 1 ? std::get_if<TensorRef>(&after.items[0]) : nullptr;
    if (!before.items.empty() || before.stacked != nullptr || cell == nullptr) return false;
    if (elements_ != nullptr) elements_->push_back(read(*cell));
    if (stacked_) {
      list->items.clear();
      list->stacked = stacked_();
    }
    return true;
  }

  std::optional<IValue> operator()(const IValue& a, const IValue& b, int depth = 0) const {
    constexpr int kMaxDepth = 50;
    if (same(a, b)) return a;
    if (depth > kMaxDepth) return std::nullopt;
    if (is_extent(a) && is_extent(b)) return SymInt{choose_(a, b), {}};
    if (is_flag(a) && is_flag(b)) {
      Undecided undecided{"data that is known only when the model runs", {}};
      undecided.value = choose_(a, b);
      return undecided;
    }
    if (is_number(a) && is_number(b)) {
      TensorRef cell = make_tensor(choose_(a, b));
      cell->is_chosen = is_shared(a) || is_shared(b);
      return cell;
    }
    if (const auto *x = std::get_if<ListRef>(&a), *y = std::get_if<ListRef>(&b); x && y) {
      if ((*x)->stacked != nullptr || (*y)->stacked != nullptr) return std::nullopt;
      auto items = merged((*x)->items, (*y)->items, depth);
      if (!items) return std::nullopt;
      return list_of(std::move(*items));
    }
    if (const auto *x = std::get_if<TupleRef>(&a), *y = std::get_if<TupleRef>(&b); x && y) {
      auto items = merged((*x)->items, (*y)->items, depth);
      if (!items) return std::nullopt;
      return std::make_shared<TupleData>(TupleData{std::move(*items), (*x)->type});
    }
    return std::nullopt;
  }

  std::optional<std::vector<IValue>> merged(const std::vector<IValue>& a,
                                            const std::vector<IValue>& b, int depth = 0) const {
    if (a.size() != b.size()) return std::nullopt;
    std::vector<IValue> items;
    for (std::size_t i = 0; i < a.size(); ++i) {
      auto item = (*this)(a[i], b[i], depth + 1);
      if (!item) return std::nullopt;
      items.push_back(std::move(*item));
    }
    return items;
  }

  /// The variables that both have.
  std::unordered_map<std::string, IValue> variables(
      const std::unordered_map<std::string, IValue>& a,
      const std::unordered_map<std::string, IValue>& b) const {
    std::vector<std::string> names;
    for (const auto& [name, value] : a)
      if (b.contains(name)) names.push_back(name);
    std::ranges::sort(names);
    std::unordered_map<std::string, IValue> all;
    for (const std::string& name : names)
      if (auto value = (*this)(a.at(name), b.at(name))) all[name] = std::move(*value);
    return all;
  }

 private:
  /// Whether a write to it may be seen elsewhere.
  bool is_shared(const IValue& value) const {
    const auto* cell = std::get_if<TensorRef>(&value);
    return cell != nullptr &&
           (older_.contains(cell->get()) || (*cell)->base || (*cell)->is_attribute);
  }

  Choose choose_;
  const std::set<const void*>& older_;
  std::vector<Value*>* elements_ = nullptr;
  std::function<Value*()> stacked_;
};

/// Everything that can be reached from a value.
void Interpreter::visit(const IValue& value, State& state, int depth) {
  constexpr int kMaxDepth = 200;
  if (depth > kMaxDepth) fail(ErrorCode::kUnsupported, "values are nested too deeply");
  const auto visit_all = [&](const std::vector<IValue>& items) {
    for (const IValue& item : items) visit(item, state, depth + 1);
  };
  ++steps_;
  if (const auto* cell = std::get_if<TensorRef>(&value)) {
    if (!state.seen.insert(cell->get()).second || (*cell)->is_attribute) return;
    state.cells.emplace_back(*cell, **cell);
    if ((*cell)->base) visit((*cell)->base, state, depth + 1);
  } else if (const auto* list = std::get_if<ListRef>(&value)) {
    if (!state.seen.insert(list->get()).second) return;
    state.lists.emplace_back(*list, **list);
    visit_all((*list)->items);
  } else if (const auto* tuple = std::get_if<TupleRef>(&value)) {
    if (state.seen.insert(tuple->get()).second) visit_all((*tuple)->items);
  } else if (const auto* dict = std::get_if<DictRef>(&value)) {
    if (!state.seen.insert(dict->get()).second) return;
    state.dicts.emplace_back(*dict, **dict);
    for (const auto& [key, item] : (*dict)->items) visit(item, state, depth + 1);
  } else if (const auto* object = std::get_if<ObjectRef>(&value)) {
    // A module cannot be changed by a branch.
    if (states_.contains(object->get()) || !state.seen.insert(object->get()).second) return;
    state.objects.emplace_back(*object, **object);
    for (const auto& [name, item] : (*object)->attributes) visit(item, state, depth + 1);
  }
}

Interpreter::State Interpreter::save(const Frame& frame) {
  State state;
  state.variables = frame.variables;
  for (const Frame* caller : frames_)
    for (const auto& [name, value] : caller->variables) visit(value, state);
  return state;
}

/// What a body has made of it all.
Interpreter::State Interpreter::outcome(const Frame& frame, const State& before,
                                        const IValue& result) {
  State state = save(frame);
  visit(result, state);
  for (const auto& [cell, copy] : before.cells) visit(cell, state);
  for (const auto& [cell, copy] : state.cells) {
    try {
      state.values[cell.get()] = read(cell);
    } catch (const Error&) {
      // Nobody may read it.
    }
  }
  return state;
}

void Interpreter::restore(const State& state, Frame& frame) const {
  frame.variables = state.variables;
  for (const auto& [cell, copy] : state.cells) *cell = copy;
  for (const auto& [list, copy] : state.lists) *list = copy;
  for (const auto& [dict, copy] : state.dicts) {
    if (!std::ranges::equal(dict->items, copy.items, [](const auto& a, const auto& b) {
          return same(a.first, b.first) && same(a.second, b.second);
        }))
      fail(ErrorCode::kUnsupported, "a branch or loop that depends on data changes a dict");
  }
  for (const auto& [object, copy] : state.objects) {
    for (const auto& [name, value] : copy.attributes)
      if (!same(value, object->attributes[name]))
        fail(ErrorCode::kUnsupported, "a branch or loop that depends on data sets the attribute ",
             quote(name));
  }
}

namespace {

bool is_changed(const ListData& list, const ListData& before) {
  return !same(list.items, before.items) || list.stacked != before.stacked;
}

}  // namespace

Value* Interpreter::State::value_of(const TensorRef& cell) const {
  const auto found = values.find(cell.get());
  return found == values.end() ? read(cell) : found->second;
}

const ListData& Interpreter::State::now(const ListRef& list, const ListData& otherwise) const {
  const auto found = std::ranges::find(lists, list, &std::pair<ListRef, ListData>::first);
  return found == lists.end() ? otherwise : found->second;
}

/// One leaf of it, as a value of the body that is open.
Value* Interpreter::part(const State& state, const IValue& value, const IValue& other,
                         const State& other_state) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return graph_.ints({*number});
  if (const auto* symbolic = std::get_if<SymInt>(&value)) return symbolic->value;
  if (const auto* undecided = std::get_if<Undecided>(&value)) return undecided->value;
  if (const auto* flag = std::get_if<bool>(&value))
    return graph_.constant(Tensor::from<bool>({1}, {*flag}));
  if (const auto* cell = std::get_if<TensorRef>(&value)) return state.value_of(*cell);
  const auto* peer = std::get_if<TensorRef>(&other);
  return graph_.scalar(std::get<double>(value), peer == nullptr
                                                    ? DType::kFloat32
                                                    : graph_.dtype(other_state.value_of(*peer)));
}

/// The state becomes what is either `a` or `b`, both of which came from `before`.
void Interpreter::join(const State& before, const State& a, const State& b, const Merge& merge,
                       Frame& frame) {
  frame.variables = merge.variables(a.variables, b.variables);
  for (const auto& [cell, copy] : before.cells) {
    if (copy.base || copy.ambiguous) continue;
    const auto after = [&, &place = cell](const State& state) {
      const auto found = state.values.find(place.get());
      if (found == state.values.end())
        fail(ErrorCode::kUnsupported,
             "a branch or loop that depends on data writes through a view that may be a copy");
      return found->second;
    };
    Value *x = after(a), *y = after(b);
    if (x == copy.value && y == copy.value) continue;
    cell->value = std::get<TensorRef>(*merge(make_tensor(x), make_tensor(y)))->value;
    cell->version = copy.version + 1'000'000;  // More than any way through the body made of it.
  }
  for (const auto& [list, copy] : before.lists) {
    const ListData &x = a.now(list, copy), &y = b.now(list, copy);
    if (!is_changed(x, copy) && !is_changed(y, copy)) continue;
    auto items = merge.merged(x.items, y.items);
    if (items && x.stacked == nullptr && y.stacked == nullptr) {
      list->items = std::move(*items);
    } else if (!merge.grow(list, copy, y)) {
      fail(ErrorCode::kUnsupported,
           "a branch or loop that depends on data changes the length of a list");
    }
  }
}

std::optional<IValue> Interpreter::emit_if(const Statement& statement, const Undecided& undecided,
                                           Frame& frame) {
  constexpr std::string_view kNames[] = {"then_branch", "else_branch"};
  const State before = save(frame);
  std::unique_ptr<OpenBody> bodies[2];
  State sides[2];
  for (std::size_t i = 0; i < 2; ++i) {
    graph_.open_body();
    if (i == 1) {
      bodies[1] = graph_.close_body();
      TypedGraph::share_captures(*bodies[0], *bodies[1]);
      graph_.reopen_body(std::move(bodies[1]));
    }
    auto result = execute(i == 0 ? statement.body : statement.otherwise, frame);
    sides[i] = outcome(frame, before, result.value_or(IValue()));
    sides[i].result = std::move(result);
    bodies[i] = graph_.close_body();
    restore(before, frame);
  }
  if (sides[0].result.has_value() != sides[1].result.has_value())
    fail(ErrorCode::kUnsupported, "one way of a branch on ", undecided.because, " returns");
  std::vector<std::pair<IValue, IValue>> leaves;
  bool fits = true;
  const auto merge_all = [&](const Merge& merge) -> std::optional<IValue> {
    join(before, sides[0], sides[1], merge, frame);
    if (!sides[0].result) return std::nullopt;
    auto result = merge(*sides[0].result, *sides[1].result);
    if (!result) fail(ErrorCode::kUnsupported, "a branch returns one of two different things");
    return result;
  };
  merge_all(Merge(
      [&](const IValue& a, const IValue& b) -> Value* {
        const TensorType& x = part(sides[0], a, b, sides[1])->type;
        const TensorType& y = part(sides[1], b, a, sides[0])->type;
        fits = fits && (!x.shape || !y.shape || x.shape->size() == y.shape->size());
        leaves.emplace_back(a, b);
        return nullptr;
      },
      before.seen));
  restore(before, frame);
  if (!fits && undecided.is_emptiness) {
    // Without elements, the number of dimensions makes no difference to what is computed.
    for (auto& body : bodies) graph_.discard(std::move(body));
    return execute(undecided.negated ? statement.body : statement.otherwise, frame);
  }
  TypedGraph::share_captures(*bodies[1], *bodies[0]);
  for (std::size_t i = 0; i < 2; ++i) {
    graph_.reopen_body(std::move(bodies[i]));
    for (const auto& [a, b] : leaves)
      graph_.body_output(i == 0 ? part(sides[0], a, b, sides[1]) : part(sides[1], b, a, sides[0]));
    bodies[i] = graph_.close_body();
    TypedGraph::share_captures(*bodies[i], *bodies[1 - i]);
  }
  std::vector<Value*> outputs;
  if (!leaves.empty())
    outputs = graph_.add_control("If", {undecided.value}, kNames, bodies, leaves.size());
  std::size_t next = 0;
  auto result = merge_all(
      Merge([&](const IValue&, const IValue&) { return outputs.at(next++); }, before.seen));
  for (auto& body : bodies) graph_.discard(std::move(body));
  return result;
}

/// Runs the body of a loop once, in the body of the graph that is open. Returns whether it goes on.
Value* Interpreter::run_loop_body(const Statement& statement, Value* count, Value* goes_on,
                                  Frame& frame) {
  if (statement.kind == Statement::Kind::kFor)
    assign_one(*statement.targets[0], SymInt{graph_.add("Reshape", {count, graph_.ints({1})}), {}},
               frame);
  if (execute(statement.body, frame))
    fail(ErrorCode::kUnsupported, "a loop that depends on data returns");
  if (statement.kind == Statement::Kind::kFor) return goes_on;
  Undecided undecided;
  const auto known = condition(evaluate(*statement.value, frame), false, false, undecided);
  return known ? graph_.constant(Tensor::from<bool>({1}, {*known})) : undecided.value;
}

void Interpreter::emit_loop(const Statement& statement, const std::optional<SymInt>& trips,
                            Value* goes_on, Frame& frame) {
  constexpr std::string_view kNames[] = {"body"};
  constexpr int kMaxAttempts = 8;
  const State before = outcome(frame, {}, {});
  // What an attempt finds out about the values that the loop carries is what the next one assumes.
  std::vector<std::pair<IValue, IValue>> carried;
  std::vector<TensorType> types;
  State after = before;
  std::vector<Value*> grown;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    graph_.open_body();
    Value* count = graph_.body_input("trip", {DType::kInt64, SymbolicShape{}});
    Value* onward = graph_.body_input("goes_on", {DType::kBool, SymbolicShape{}});
    std::vector<Value*> inputs;
    for (const TensorType& type : types) inputs.push_back(graph_.body_input("carried", type));
    std::size_t next = 0;
    join(before, before, after,
         Merge([&](const IValue&, const IValue&) { return inputs.at(next++); }, before.seen),
         frame);
    Value* again = run_loop_body(statement, count, onward, frame);
    after = outcome(frame, before, {});
    std::unique_ptr<OpenBody> body = graph_.close_body();
    restore(before, frame);

    std::vector<std::pair<IValue, IValue>> leaves;
    grown.clear();
    Merge collect(
        [&](const IValue& a, const IValue& b) -> Value* {
          leaves.emplace_back(a, b);
          return nullptr;
        },
        before.seen);
    collect.collect_grown(grown);
    join(before, before, after, collect, frame);
    restore(before, frame);
    std::vector<TensorType> wider;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      const auto& [a, b] = leaves[i];
      wider.push_back(
          common_extents(part(before, a, b, after)->type, part(after, b, a, before)->type));
      if (i < types.size() && leaves.size() == types.size())
        wider.back() = common_extents(wider.back(), types[i]);
    }
    const bool is_settled = wider == types && attempt > 0;
    types = std::move(wider);
    if (!is_settled) {
      graph_.discard(std::move(body));
      continue;
    }
    graph_.reopen_body(std::move(body));
    graph_.body_output(again);
    for (const auto& [a, b] : leaves) graph_.body_output(part(after, b, a, before));
    for (Value* element : grown) graph_.body_output(element);
    std::unique_ptr<OpenBody> bodies[] = {graph_.close_body()};
    std::vector<Value*> operands = {
        trips ? graph_.add("Squeeze", {trips->value, graph_.ints({0})}) : nullptr, goes_on};
    for (const auto& [a, b] : leaves) operands.push_back(part(before, a, b, after));
    std::vector<Value*> outputs;
    if (leaves.size() + grown.size() > 0)
      outputs = graph_.add_control("Loop", operands, kNames, bodies, leaves.size() + grown.size());
    std::size_t output = 0, scan = leaves.size();
    Merge result([&](const IValue&, const IValue&) { return outputs.at(output++); }, before.seen);
    result.set_grown([&] { return outputs.at(scan++); });
    join(before, before, after, result, frame);
    graph_.discard(std::move(bodies[0]));
    return;
  }
  fail(ErrorCode::kUnsupported, "what a loop carries from one iteration to the next has no type");
}

}  // namespace headway::script
