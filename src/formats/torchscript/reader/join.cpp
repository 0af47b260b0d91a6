#include "formats/torchscript/reader/join.h"

#include <algorithm>
#include <string>

#include "formats/torchscript/reader/call.h"

namespace headway::script {
namespace {

constexpr int kMaxDepth = 50;

bool is_flag(const IValue& value) {
  const auto* undecided = std::get_if<Undecided>(&value);
  return std::holds_alternative<bool>(value) || (undecided != nullptr && undecided->value);
}
bool is_extent(const IValue& value) {
  return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<SymInt>(value);
}
bool is_scalar(const IValue& value) {
  return std::holds_alternative<TensorRef>(value) || std::holds_alternative<double>(value);
}
bool is_changed(const ListData& list, const ListData& before) {
  return !same(list.items, before.items) || list.stacked != before.stacked;
}

/// The tensors whose memory it may be.
std::vector<TensorRef> memory_of(TensorRef cell) {
  while (cell->base) cell = cell->base;
  std::vector<TensorRef> cells;
  for (const auto& [origin, version] : cell->chosen_from) cells.push_back(origin);
  if (cells.empty()) cells.push_back(std::move(cell));
  return cells;
}

Value* read_in(const Snapshot& state, const TensorRef& cell) {
  Value* value = state.value_of(cell.get());
  return value == nullptr ? read(cell) : value;
}

}  // namespace

Value* leaf_value(TypedGraph& graph, const Snapshot& state, const IValue& value,
                  const Snapshot& peer_state, const IValue& peer) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return graph.ints({*number});
  if (const auto* symbolic = std::get_if<SymInt>(&value)) return symbolic->value;
  if (const auto* undecided = std::get_if<Undecided>(&value)) return undecided->value;
  if (const auto* flag = std::get_if<bool>(&value))
    return graph.constant(Tensor::from<bool>({1}, {*flag}));
  if (const auto* cell = std::get_if<TensorRef>(&value)) return read_in(state, *cell);
  const auto* other = std::get_if<TensorRef>(&peer);
  return graph.scalar(std::get<double>(value), other == nullptr
                                                   ? DType::kFloat32
                                                   : graph.dtype(read_in(peer_state, *other)));
}

std::optional<IValue> Join::apply(Variables& variables) {
  join_variables(variables);
  for (const auto& [cell, copy] : before_.cells()) join_tensor(cell, copy);
  for (const auto& [list, copy] : before_.lists()) join_list(list, copy);
  std::optional<IValue> result;
  if (a_.result) {
    result = either(*a_.result, *b_.result);
    if (!result) fail(ErrorCode::kUnsupported, "a branch returns one of two different things");
  }
  free_unshared();
  return result;
}

/// Those that both ways have; those that nothing can stand for are gone.
void Join::join_variables(Variables& variables) {
  std::vector<std::string> names;
  for (const auto& [name, value] : a_.variables)
    if (b_.variables.contains(name)) names.push_back(name);
  std::ranges::sort(names);
  variables.clear();
  for (const std::string& name : names)
    if (auto value = either(a_.variables.at(name), b_.variables.at(name)))
      variables[name] = std::move(*value);
}

/// A tensor that is no view: what was written to it. Views follow.
void Join::join_tensor(const TensorRef& cell, const TensorCell& copy) {
  if (copy.base || copy.ambiguous) return;
  const TensorCell *x = a_.find(cell), *y = b_.find(cell);
  Value *p = a_.value_of(cell.get()), *q = b_.value_of(cell.get());
  if (p == nullptr || q == nullptr)
    fail(ErrorCode::kUnsupported,
         "a branch or loop that depends on data writes through a view that may be a copy");
  if (p == copy.value && q == copy.value) return;
  cell->value = choose_({make_tensor(p), make_tensor(q)});
  // One that no view has seen.
  cell->version = std::max({copy.version, x->version, y->version}) + 1;
}

void Join::join_list(const ListRef& list, const ListData& copy) {
  const ListData *x = a_.find(list), *y = b_.find(list);
  if (!is_changed(*x, copy) && !is_changed(*y, copy)) return;
  if (grow(list, copy, *y)) return;
  auto items = either(x->items, y->items);
  if (!items || x->stacked != nullptr || y->stacked != nullptr)
    fail(ErrorCode::kUnsupported,
         "a branch or loop that depends on data changes the length of a list");
  list->items = std::move(*items);
}

bool Join::grow(const ListRef& list, const ListData& copy, const ListData& after) const {
  const auto* cell = after.items.size() == 1 ? std::get_if<TensorRef>(&after.items[0]) : nullptr;
  if (!grow_ || !copy.items.empty() || copy.stacked != nullptr || cell == nullptr) return false;
  list->stacked = grow_(read_in(b_, *cell));
  return true;
}

std::optional<IValue> Join::either(const IValue& a, const IValue& b, int depth) {
  if (same(a, b)) return a;
  if (depth > kMaxDepth) return std::nullopt;
  if (is_extent(a) && is_extent(b)) return SymInt{choose_({a, b}), {}};
  if (is_flag(a) && is_flag(b)) {
    Undecided undecided{"data that is known only when the model runs", {}};
    undecided.value = choose_({a, b});
    return undecided;
  }
  if (is_scalar(a) && is_scalar(b)) return either_tensor(a, b);
  if (const auto *x = std::get_if<TupleRef>(&a), *y = std::get_if<TupleRef>(&b); x && y) {
    auto items = either((*x)->items, (*y)->items, depth);
    if (!items) return std::nullopt;
    return std::make_shared<TupleData>(TupleData{std::move(*items), (*x)->type});
  }
  if (const auto *x = std::get_if<ListRef>(&a), *y = std::get_if<ListRef>(&b); x && y)
    return either_list(*x, *y, depth);
  return std::nullopt;
}

/// A new list, if nobody else has one of the two.
std::optional<IValue> Join::either_list(const ListRef& a, const ListRef& b, int depth) {
  if (before_.has(a.get()) || before_.has(b.get())) return std::nullopt;
  if (a->stacked != nullptr || b->stacked != nullptr) return std::nullopt;
  if (partners_.emplace(a.get(), b.get()).first->second != b.get()) return std::nullopt;
  if (partners_.emplace(b.get(), a.get()).first->second != a.get()) return std::nullopt;
  IValue& known = joined_[{a.get(), b.get()}];
  if (!is_none(known)) return known;
  auto items = either(a->items, b->items, depth);
  if (!items) return std::nullopt;
  return known = list_of(std::move(*items));
}

std::optional<std::vector<IValue>> Join::either(const std::vector<IValue>& a,
                                                const std::vector<IValue>& b, int depth) {
  if (a.size() != b.size()) return std::nullopt;
  std::vector<IValue> items;
  for (std::size_t i = 0; i < a.size(); ++i) {
    auto item = either(a[i], b[i], depth + 1);
    if (!item) return std::nullopt;
    items.push_back(std::move(*item));
  }
  return items;
}

IValue Join::either_tensor(const IValue& a, const IValue& b) {
  const auto *x = std::get_if<TensorRef>(&a), *y = std::get_if<TensorRef>(&b);
  const auto key = std::pair<const void*, const void*>(x == nullptr ? nullptr : x->get(),
                                                       y == nullptr ? nullptr : y->get());
  if (x != nullptr && y != nullptr)
    if (const auto known = joined_.find(key); known != joined_.end()) return known->second;
  TensorRef cell = make_tensor(choose_({a, b}));
  for (const TensorRef* side : {x, y}) {
    if (side == nullptr) continue;
    for (const TensorRef& origin : memory_of(*side)) {
      const bool is_known = std::ranges::any_of(
          cell->chosen_from, [&](const auto& entry) { return entry.first == origin; });
      if (is_known) continue;
      ++uses_[origin.get()];
      cell->chosen_from.emplace_back(origin, 0);
    }
  }
  chosen_.push_back(cell);
  if (x != nullptr && y != nullptr) joined_[key] = cell;
  return cell;
}

/// Tensors that the ways made for themselves, and that one variable has, may be written.
void Join::free_unshared() {
  constexpr std::size_t kMaxOrigins = 1000;
  for (const TensorRef& cell : chosen_) {
    auto& origins = cell->chosen_from;
    const bool is_shared = std::ranges::any_of(origins, [&](const auto& entry) {
      return before_.has(entry.first.get()) || entry.first->is_attribute ||
             uses_[entry.first.get()] > 1;
    });
    if (!is_shared) origins.clear();
    if (origins.size() > kMaxOrigins)
      fail(ErrorCode::kUnsupported, "a tensor is chosen from more than ", kMaxOrigins, " others");
    for (auto& [origin, version] : origins) version = origin->version;
  }
}

}  // namespace headway::script
