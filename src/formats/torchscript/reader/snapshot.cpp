#include "formats/torchscript/reader/snapshot.h"

#include <algorithm>

#include "base/error.h"
#include "base/strings.h"

namespace headway::script {

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

bool same(const std::vector<IValue>& a, const std::vector<IValue>& b) {
  return std::ranges::equal(a, b, [](const IValue& x, const IValue& y) { return same(x, y); });
}

std::int64_t Snapshot::keep(const IValue& value, int depth) {
  constexpr int kMaxDepth = 200;
  if (depth > kMaxDepth) fail(ErrorCode::kUnsupported, "values are nested too deeply");
  std::int64_t visits = 1;
  const auto keep_all = [&](const std::vector<IValue>& items) {
    for (const IValue& item : items) visits += keep(item, depth + 1);
  };
  if (const auto* cell = std::get_if<TensorRef>(&value)) {
    for (TensorRef part = *cell; part != nullptr && !part->is_attribute; part = part->base) {
      if (!seen_.emplace(part.get(), cells_.size()).second) break;
      cells_.emplace_back(part, *part);
      for (const auto& [origin, version] : part->chosen_from) visits += keep(origin, depth + 1);
    }
  } else if (const auto* list = std::get_if<ListRef>(&value)) {
    if (!seen_.emplace(list->get(), lists_.size()).second) return visits;
    lists_.emplace_back(*list, **list);
    keep_all((*list)->items);
  } else if (const auto* tuple = std::get_if<TupleRef>(&value)) {
    if (seen_.emplace(tuple->get(), 0).second) keep_all((*tuple)->items);
  } else if (const auto* dict = std::get_if<DictRef>(&value)) {
    if (!seen_.emplace(dict->get(), dicts_.size()).second) return visits;
    dicts_.emplace_back(*dict, **dict);
    for (const auto& [key, item] : (*dict)->items) visits += keep(item, depth + 1);
  } else if (const auto* object = std::get_if<ObjectRef>(&value)) {
    if ((*object)->is_module || !seen_.emplace(object->get(), objects_.size()).second)
      return visits;
    objects_.emplace_back(*object, **object);
    for (const auto& [name, item] : (*object)->attributes) visits += keep(item, depth + 1);
  }
  return visits;
}

void Snapshot::read_tensors() {
  for (const auto& [cell, copy] : cells_) {
    try {
      values_[cell.get()] = read(cell);
    } catch (const Error&) {
      // It depends on memory being shared or not: whoever needs it is told.
    }
  }
}

void Snapshot::restore(Variables& now) const {
  now = variables;
  for (const auto& [cell, copy] : cells_) *cell = copy;
  for (const auto& [list, copy] : lists_) *list = copy;
  for (const auto& [dict, copy] : dicts_) {
    if (!std::ranges::equal(dict->items, copy.items, [](const auto& a, const auto& b) {
          return same(a.first, b.first) && same(a.second, b.second);
        }))
      fail(ErrorCode::kUnsupported, "a branch or loop that depends on data changes a dict");
  }
  for (const auto& [object, copy] : objects_)
    for (const auto& [name, value] : object->attributes)
      if (const auto old = copy.attributes.find(name);
          old == copy.attributes.end() || !same(value, old->second))
        fail(ErrorCode::kUnsupported, "a branch or loop that depends on data sets the attribute ",
             quote(name));
}

Value* Snapshot::value_of(const TensorCell* cell) const {
  const auto found = values_.find(cell);
  return found == values_.end() ? nullptr : found->second;
}

const TensorCell* Snapshot::find(const TensorRef& cell) const {
  const auto found = seen_.find(cell.get());
  return found == seen_.end() ? nullptr : &cells_[found->second].second;
}

const ListData* Snapshot::find(const ListRef& list) const {
  const auto found = seen_.find(list.get());
  return found == seen_.end() ? nullptr : &lists_[found->second].second;
}

}  // namespace headway::script
