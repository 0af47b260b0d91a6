#include <algorithm>

#include "formats/torchscript/reader/call.h"
#include "formats/torchscript/reader/scalars.h"

/// Operators on lists, tuples, dicts and strings.
namespace headway::script {
namespace {

std::size_t position(std::int64_t index, std::size_t size) {
  const auto count = static_cast<std::int64_t>(size);
  if (index < -count || index >= count)
    fail(ErrorCode::kInvalidModel, "element ", index, " of ", size);
  return static_cast<std::size_t>(index < 0 ? index + count : index);
}

/// [begin, end) as Python's slices cut them.
std::vector<std::size_t> slice_positions(Arguments arguments, std::size_t size) {
  const auto count = static_cast<std::int64_t>(size);
  const auto bound = [&](std::size_t index, std::int64_t otherwise) {
    const auto* number =
        index < arguments.size() ? std::get_if<std::int64_t>(&arguments[index]) : nullptr;
    if (number == nullptr) return otherwise;
    const std::int64_t from_front = *number < 0 ? *number + count : *number;
    return std::clamp<std::int64_t>(from_front, 0, count);
  };
  const auto* step = arguments.size() > 3 ? std::get_if<std::int64_t>(&arguments[3]) : nullptr;
  if (step != nullptr && *step < 1) fail(ErrorCode::kUnsupported, "a slice with the step ", *step);
  const std::int64_t stride = step == nullptr ? 1 : std::min(*step, count + 1);
  std::vector<std::size_t> positions;
  for (std::int64_t i = bound(1, 0); i < bound(2, count); i += stride)
    positions.push_back(static_cast<std::size_t>(i));
  return positions;
}

Result sequence_operator(std::string_view name, Arguments arguments,
                         const std::vector<IValue>& items) {
  if (name == "len") return static_cast<std::int64_t>(items.size());
  if (name == "__getitem__" || name == "select") {
    const auto* index = arguments.size() == 2 ? std::get_if<std::int64_t>(&arguments[1]) : nullptr;
    if (index == nullptr) return std::nullopt;
    return items[position(*index, items.size())];
  }
  if (name == "slice") {
    std::vector<IValue> part;
    for (const std::size_t i : slice_positions(arguments, items.size())) part.push_back(items[i]);
    return list_of(std::move(part));
  }
  if (name == "__contains__" && arguments.size() == 2)
    return std::ranges::any_of(
        items, [&](const IValue& item) { return equal(item, arguments[1]).value_or(false); });
  return std::nullopt;
}

/// Of a list whose length only a run knows.
Result stacked_operator(Recorder& recorder, std::string_view name, Arguments arguments,
                        const ListData& list) {
  if (name == "len") return recorder.extent_of(list.stacked, 0);
  if (name == "__getitem__" || name == "select")
    return call_operator(recorder, "select",
                         {make_tensor(list.stacked), std::int64_t{0}, arguments.at(1)}, {});
  if (name != "stack") return std::nullopt;
  const auto* axis = arguments.size() > 1 ? std::get_if<std::int64_t>(&arguments[1]) : nullptr;
  if (axis == nullptr || *axis == 0) return make_tensor(list.stacked);
  return call_operator(recorder, "movedim",
                       {make_tensor(list.stacked), std::int64_t{0}, arguments[1]}, {});
}

void check_length(std::size_t length) {
  if (length > kMostElements)
    fail(ErrorCode::kUnsupported, "a list of more than ", kMostElements, " elements");
}

/// What changes the list itself.
Result changed_list(std::string_view name, Arguments arguments, std::vector<IValue>& items) {
  const auto* index = arguments.size() > 1 ? std::get_if<std::int64_t>(&arguments[1]) : nullptr;
  if (name == "append" && arguments.size() == 2) {
    items.push_back(arguments[1]);
  } else if (name == "_set_item" && arguments.size() == 3 && index != nullptr) {
    items[position(*index, items.size())] = arguments[2];
  } else if (name == "reverse") {
    std::ranges::reverse(items);
  } else if (name == "insert" && arguments.size() == 3 && index != nullptr && *index >= 0 &&
             static_cast<std::size_t>(*index) <= items.size()) {
    items.insert(items.begin() + *index, arguments[2]);
  } else if (name == "pop" && !items.empty()) {
    const std::size_t place = position(index == nullptr ? -1 : *index, items.size());
    IValue item = items[place];
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(place));
    return item;
  } else {
    return std::nullopt;
  }
  return arguments[0];
}

/// a + b; the list itself becomes that where it is not `add`.
Result joined_list(std::string_view name, Arguments arguments, std::vector<IValue>& items) {
  if (arguments.size() != 2 || (name != "add" && name != "extend" && name != "add_"))
    return std::nullopt;
  const auto* other = std::get_if<ListRef>(&arguments[1]);
  if (other == nullptr || (*other)->stacked != nullptr) return std::nullopt;
  std::vector<IValue> joined = items;
  joined.insert(joined.end(), (*other)->items.begin(), (*other)->items.end());
  check_length(joined.size());
  if (name == "add") return list_of(std::move(joined));
  items = std::move(joined);
  return arguments[0];
}

Result repeated_list(Arguments arguments, const std::vector<IValue>& items) {
  const auto* given = arguments.size() == 2 ? std::get_if<std::int64_t>(&arguments[1]) : nullptr;
  if (given == nullptr) return std::nullopt;
  const auto count = static_cast<std::size_t>(std::max<std::int64_t>(*given, 0));
  check_length(std::min(count, kMostElements + 1) * items.size());
  std::vector<IValue> repeated;
  for (std::size_t i = 0; i < count && !items.empty(); ++i)
    repeated.insert(repeated.end(), items.begin(), items.end());
  return list_of(std::move(repeated));
}

/// One number of all.
Result reduced_list(Recorder& recorder, std::string_view name, const std::vector<IValue>& items) {
  if ((name == "any" || name == "all") &&
      std::ranges::all_of(items, [](const IValue& item) { return as_double(item).has_value(); })) {
    const auto holds = [](const IValue& item) { return *as_double(item) != 0; };
    return name == "any" ? std::ranges::any_of(items, holds) : std::ranges::all_of(items, holds);
  }
  const bool reduces = name == "sum" || name == "max" || name == "min" || name == "prod";
  const bool are_numbers = std::ranges::all_of(items, [](const IValue& item) {
    return is_plain_int(item) || std::holds_alternative<double>(item);
  });
  if (!reduces || items.empty() || !are_numbers) return std::nullopt;
  const std::string_view op = name == "sum" ? "add" : name == "prod" ? "mul" : name;
  IValue total = items[0];
  for (std::size_t i = 1; i < items.size(); ++i)
    total = *arithmetic(recorder, op, {total, items[i]});
  return total;
}

}  // namespace

Result list_operator(Recorder& recorder, std::string_view name, Arguments arguments) {
  const auto* list = arguments.empty() ? nullptr : std::get_if<ListRef>(&arguments[0]);
  if (list == nullptr) return std::nullopt;
  std::vector<IValue>& items = (*list)->items;
  if ((*list)->stacked != nullptr) return stacked_operator(recorder, name, arguments, **list);
  if (auto result = sequence_operator(name, arguments, items)) return result;
  if (auto result = changed_list(name, arguments, items)) return result;
  if (name == "copy" || name == "list") return list_of(items);
  if (auto result = joined_list(name, arguments, items)) return result;
  if (name == "mul") return repeated_list(arguments, items);
  return arguments.size() == 1 ? reduced_list(recorder, name, items) : std::nullopt;
}

namespace {

auto find_item(DictData& dict, const IValue& key) {
  return std::ranges::find_if(
      dict.items, [&](const auto& item) { return equal(item.first, key).value_or(false); });
}

void set_item(DictData& dict, const IValue& key, const IValue& value) {
  const auto found = find_item(dict, key);
  if (found != dict.items.end()) {
    found->second = value;
  } else {
    dict.items.emplace_back(key, value);
  }
}

/// dict() and dict([(key, value), ...])
Result new_dict(Arguments arguments) {
  auto dict = std::make_shared<DictData>();
  if (arguments.empty()) return dict;
  const auto* list = std::get_if<ListRef>(&arguments[0]);
  if (list == nullptr || (*list)->stacked != nullptr) return std::nullopt;
  for (const IValue& item : (*list)->items) {
    const auto* pair = std::get_if<TupleRef>(&item);
    if (pair == nullptr || (*pair)->items.size() != 2) return std::nullopt;
    set_item(*dict, (*pair)->items[0], (*pair)->items[1]);
  }
  return dict;
}

}  // namespace

Result dict_operator(Recorder&, std::string_view name, Arguments arguments) {
  if (name == "dict")
    if (auto dict = new_dict(arguments)) return dict;
  const auto* dict = arguments.empty() ? nullptr : std::get_if<DictRef>(&arguments[0]);
  if (dict == nullptr) return std::nullopt;
  auto& items = (*dict)->items;
  const auto find = [&](const IValue& key) { return find_item(**dict, key); };
  if (name == "len") return static_cast<std::int64_t>(items.size());
  if (name == "_set_item" && arguments.size() == 3) {
    set_item(**dict, arguments[1], arguments[2]);
    return IValue();
  }
  if (name == "__contains__" && arguments.size() == 2) return find(arguments[1]) != items.end();
  if ((name == "__getitem__" || name == "get") && arguments.size() >= 2) {
    const auto found = find(arguments[1]);
    if (found != items.end()) return found->second;
    if (name == "get") return arguments.size() > 2 ? arguments[2] : IValue();
    fail(ErrorCode::kInvalidModel, "a dict does not have the key that is asked for");
  }
  if (name == "update" && arguments.size() == 2) {
    const auto* other = std::get_if<DictRef>(&arguments[1]);
    if (other == nullptr) return std::nullopt;
    const auto added = (*other)->items;
    for (const auto& [key, value] : added) set_item(**dict, key, value);
    return IValue();
  }
  if (name == "dict" || name == "copy") return std::make_shared<DictData>(**dict);
  if (name == "keys" || name == "values" || name == "items") {
    std::vector<IValue> list;
    for (const auto& [key, value] : items)
      list.push_back(name == "keys" ? key : name == "values" ? value : tuple_of({key, value}));
    return list_of(std::move(list));
  }
  return std::nullopt;
}

Result string_operator(Recorder&, std::string_view name, Arguments arguments) {
  const auto* text = arguments.empty() ? nullptr : std::get_if<std::string>(&arguments[0]);
  if (text == nullptr) return std::nullopt;
  if (name == "format" || name == "str" || name == "device") return *text;
  if (name == "len") return static_cast<std::int64_t>(text->size());
  const auto* other = arguments.size() > 1 ? std::get_if<std::string>(&arguments[1]) : nullptr;
  if (other == nullptr) return std::nullopt;
  if (name == "add") {
    if (text->size() + other->size() > kMostElements)
      fail(ErrorCode::kUnsupported, "a string of more than ", kMostElements, " characters");
    return *text + *other;
  }
  if (name == "find") {
    const std::size_t found = text->find(*other);
    return found == std::string::npos ? std::int64_t{-1} : static_cast<std::int64_t>(found);
  }
  if (name == "startswith") return text->starts_with(*other);
  if (name == "endswith") return text->ends_with(*other);
  return std::nullopt;
}

Result tuple_operator(Recorder&, std::string_view name, Arguments arguments) {
  const auto* tuple = arguments.empty() ? nullptr : std::get_if<TupleRef>(&arguments[0]);
  return tuple == nullptr ? std::nullopt : sequence_operator(name, arguments, (*tuple)->items);
}

}  // namespace headway::script
