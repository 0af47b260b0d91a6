#include <algorithm>

#include "formats/torchscript/reader/call.h"
#include "formats/torchscript/reader/interpreter.h"
#include "formats/torchscript/reader/join.h"

/// Branches and loops that only a run decides: their bodies are read once for each way they may go,
/// and what differs afterwards becomes outputs of an If or a Loop.
namespace headway::script {
namespace {

/// What is true of both.
TensorType common_type(const TensorType& a, const TensorType& b) {
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

Join::Choose collect(std::vector<Leaf>& leaves) {
  return [&leaves](const Leaf& leaf) {
    leaves.push_back(leaf);
    return nullptr;
  };
}

/// A tensor without elements gets the dimensions of what the other way computes instead, as a graph
/// has one number of dimensions for both. `empty`: an extent that is zero on this way.
Value* with_rank(Recorder& recorder, Value* value, const Value* other, const Dim& empty) {
  const TypedGraph& graph = recorder.graph();
  const SymbolicShape *own = graph.shape(value), *wanted = graph.shape(other);
  if (own == nullptr || wanted == nullptr || own->size() == wanted->size()) return value;
  const auto has = [&](const SymbolicShape& shape) {
    return std::ranges::find_if(shape, [&](const Dim& dim) { return dim.same_as(empty); });
  };
  const auto zero = has(*own);
  if (zero == own->end() || has(*wanted) == wanted->end()) return value;
  const IValue none = recorder.extent_of(value, zero - own->begin());
  std::vector<Extent> extents;
  for (const Dim& dim : *wanted)
    extents.push_back(dim.is_static() ? Extent(dim.extent()) : extent_of(none));
  const Builder builder(recorder);
  return builder.node("Reshape", {value, builder.extents_value(extents)},
                      {{"allowzero", std::int64_t{1}}});
}

}  // namespace

/// Both bodies compute the leaves; each side sees what the other one takes from around it.
void Interpreter::add_outputs(const Undecided& undecided, Bodies& bodies,
                              const Snapshot (&sides)[2], const std::vector<Leaf>& leaves) {
  TypedGraph::share_captures(*bodies[1], *bodies[0]);
  const bool compares_to_zero = undecided.dim.is_symbol() && undecided.extent == 0;
  for (std::size_t i = 0; i < 2; ++i) {
    graph_.reopen_body(std::move(bodies[i]));
    const bool is_empty = compares_to_zero && undecided.negated == (i == 1);
    for (const auto& [a, b] : leaves) {
      const IValue &own = i == 0 ? a : b, &other = i == 0 ? b : a;
      Value* value = leaf_value(graph_, sides[i], own, sides[1 - i], other);
      if (is_empty)
        value = with_rank(*this, value, leaf_value(graph_, sides[1 - i], other, sides[i], own),
                          undecided.dim);
      graph_.body_output(value);
    }
    bodies[i] = graph_.close_body();
    TypedGraph::share_captures(*bodies[i], *bodies[1 - i]);
  }
}

/// One reading of a loop's body, and what it shows of the values that the loop carries.
struct Interpreter::Trip {
  Snapshot after;
  std::vector<Leaf> leaves;
  std::vector<TensorType> types;  ///< Of the leaves.
  std::vector<Value*> grown;      ///< What it appends to lists.
  std::unique_ptr<OpenBody> body;
  Value* goes_on = nullptr;
};

Snapshot Interpreter::snapshot(const Frame& frame) {
  Snapshot state;
  state.variables = frame.variables;
  for (const Frame* caller : frames_)
    for (const auto& [name, value] : caller->variables) steps_ += state.keep(value);
  return state;
}

void Interpreter::note_lost(const Snapshot& way, Frame& frame) {
  for (const auto& [name, value] : way.variables)
    if (!frame.variables.contains(name)) frame.lost.insert(name);
}

/// What a body has made of it all.
Snapshot Interpreter::outcome(const Frame& frame, const Snapshot* before,
                              std::optional<IValue> result) {
  Snapshot state = snapshot(frame);
  if (result) steps_ += state.keep(*result);
  state.result = std::move(result);
  if (before != nullptr) {
    for (const auto& [cell, copy] : before->cells()) state.keep(cell);
    for (const auto& [list, copy] : before->lists()) state.keep(list);
  }
  state.read_tensors();
  return state;
}

std::optional<IValue> Interpreter::emit_if(const Statement& statement, const Undecided& undecided,
                                           Frame& frame) {
  constexpr std::string_view kNames[] = {"then_branch", "else_branch"};
  const Snapshot before = snapshot(frame);
  Bodies bodies;
  Snapshot sides[2];
  for (std::size_t i = 0; i < 2; ++i) {
    graph_.open_body();
    if (i == 1) graph_.share_captures(*bodies[0]);
    auto result = execute(i == 0 ? statement.body : statement.otherwise, frame);
    sides[i] = outcome(frame, &before, std::move(result));
    bodies[i] = graph_.close_body();
    before.restore(frame.variables);
  }
  if (sides[0].result.has_value() != sides[1].result.has_value())
    fail(ErrorCode::kUnsupported, "one way of a branch on ", undecided.because, " returns");
  std::vector<Leaf> leaves;
  Join(before, sides[0], sides[1], collect(leaves)).apply(frame.variables);
  before.restore(frame.variables);
  add_outputs(undecided, bodies, sides, leaves);
  std::vector<Value*> outputs;
  if (!leaves.empty())
    outputs = graph_.add_control("If", {undecided.value}, kNames, bodies, leaves.size());
  std::size_t next = 0;
  Join join(before, sides[0], sides[1], [&](const Leaf&) { return outputs.at(next++); });
  auto result = join.apply(frame.variables);
  for (const Snapshot& side : sides) note_lost(side, frame);
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

/// A trip that carries what differed after the last one.
Interpreter::Trip Interpreter::run_trip(const Statement& statement, const Snapshot& before,
                                        const Trip& last, Frame& frame) {
  graph_.open_body();
  Value* count = graph_.body_input("trip", {DType::kInt64, SymbolicShape{}});
  Value* goes_on = graph_.body_input("goes_on", {DType::kBool, SymbolicShape{}});
  std::vector<Value*> inputs;
  for (const TensorType& type : last.types) inputs.push_back(graph_.body_input("carried", type));
  std::size_t next = 0;
  Join(
      before, before, last.after, [&](const Leaf&) { return inputs.at(next++); },
      [](Value*) { return nullptr; })
      .apply(frame.variables);
  Trip trip;
  trip.goes_on = run_loop_body(statement, count, goes_on, frame);
  trip.after = outcome(frame, &before, {});
  trip.body = graph_.close_body();
  before.restore(frame.variables);
  Join(before, before, trip.after, collect(trip.leaves), [&](Value* element) {
    trip.grown.push_back(element);
    return nullptr;
  }).apply(frame.variables);
  before.restore(frame.variables);
  for (const auto& [a, b] : trip.leaves)
    trip.types.push_back(common_type(leaf_value(graph_, before, a, trip.after, b)->type,
                                     leaf_value(graph_, trip.after, b, before, a)->type));
  if (trip.types.size() == last.types.size())
    for (std::size_t i = 0; i < trip.types.size(); ++i)
      trip.types[i] = common_type(trip.types[i], last.types[i]);
  return trip;
}

void Interpreter::emit_loop(const Statement& statement, const std::optional<SymInt>& trips,
                            Value* goes_on, Frame& frame) {
  constexpr int kMaxAttempts = 8;
  const Snapshot before = outcome(frame, nullptr, {});
  // What a trip finds out about the values that the loop carries is what the next one assumes.
  Trip last;
  last.after = before;
  Trip trip = run_trip(statement, before, last, frame);
  for (int attempt = 1; attempt == 1 || trip.types != last.types; ++attempt) {
    if (attempt == kMaxAttempts)
      fail(ErrorCode::kUnsupported,
           "what a loop carries from one iteration to the next has no type");
    graph_.discard(std::move(trip.body));
    last = std::move(trip);
    trip = run_trip(statement, before, last, frame);
  }
  add_loop(before, trip, trips, goes_on, frame);
}

/// The loop of which the last trip is known.
void Interpreter::add_loop(const Snapshot& before, Trip& trip, const std::optional<SymInt>& trips,
                           Value* goes_on, Frame& frame) {
  graph_.reopen_body(std::move(trip.body));
  graph_.body_output(trip.goes_on);
  for (const auto& [a, b] : trip.leaves)
    graph_.body_output(leaf_value(graph_, trip.after, b, before, a));
  for (Value* element : trip.grown) graph_.body_output(element);
  std::unique_ptr<OpenBody> bodies[] = {graph_.close_body()};
  std::vector<Value*> operands = {
      trips ? graph_.add("Squeeze", {trips->value, graph_.ints({0})}) : nullptr, goes_on};
  for (const auto& [a, b] : trip.leaves)
    operands.push_back(leaf_value(graph_, before, a, trip.after, b));
  constexpr std::string_view kNames[] = {"body"};
  const std::size_t count = trip.leaves.size() + trip.grown.size();
  std::vector<Value*> outputs;
  if (count > 0) outputs = graph_.add_control("Loop", operands, kNames, bodies, count);
  std::size_t next = 0, scan = trip.leaves.size();
  Join(
      before, before, trip.after, [&](const Leaf&) { return outputs.at(next++); },
      [&](Value*) { return outputs.at(scan++); })
      .apply(frame.variables);
  note_lost(trip.after, frame);
  graph_.discard(std::move(bodies[0]));
}

}  // namespace headway::script
