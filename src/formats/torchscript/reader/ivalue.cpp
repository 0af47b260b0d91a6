#include "formats/torchscript/reader/ivalue.h"

#include <array>

#include "base/error.h"

namespace headway::script {

TensorRef make_tensor(Value* value) {
  auto cell = std::make_shared<TensorCell>();
  cell->value = value;
  return cell;
}

TensorRef make_view(const TensorRef& base, Value* value, std::function<Value*(Value*)> view,
                    std::function<Value*(Value*, Value*)> scatter) {
  TensorRef cell = make_either(base, value);
  cell->view = std::move(view);
  cell->scatter = std::move(scatter);
  return cell;
}

TensorRef make_either(const TensorRef& base, Value* value) {
  TensorRef cell = make_tensor(value);
  constexpr int kMaxDepth = 1000;
  cell->base = base;
  cell->depth = base->depth + 1;
  if (cell->depth > kMaxDepth)
    fail(ErrorCode::kUnsupported, "a view of a view, more than ", kMaxDepth, " times");
  cell->base_version = base->version;
  return cell;
}

Value* read(const TensorRef& cell) {
  if (cell->ambiguous)
    fail(ErrorCode::kUnsupported,
         "a tensor is read after a write through a view that may be a copy");
  for (const auto& [origin, version] : cell->chosen_from)
    if (origin->version != version || origin->ambiguous)
      fail(ErrorCode::kUnsupported,
           "a tensor that a branch or loop chose is read after a write to what it may be");
  if (!cell->base) return cell->value;
  Value* base = read(cell->base);
  if (cell->base_version == cell->base->version) return cell->value;
  if (!cell->view)
    fail(ErrorCode::kUnsupported,
         "a tensor that may be a view is read after a write to what it may be a view of");
  cell->value = cell->view(base);
  cell->base_version = cell->base->version;
  ++cell->version;
  return cell->value;
}

void write(const TensorRef& cell, Value* value) {
  if (cell->is_attribute)
    fail(ErrorCode::kUnsupported, "the program changes a tensor of the module");
  if (!cell->chosen_from.empty())
    fail(ErrorCode::kUnsupported, "a write to a tensor that a branch or loop chose");
  if (cell->base && !cell->scatter) {
    for (TensorRef base = cell->base; base != nullptr; base = base->base) {
      if (base->is_attribute)
        fail(ErrorCode::kUnsupported, "the program changes a tensor of the module");
      base->ambiguous = true;
    }
    // From here on it is a tensor of its own: reading the base is refused.
    cell->base.reset();
    cell->view = nullptr;
  }
  if (cell->base) {
    Value* base = read(cell->base);
    write(cell->base, cell->scatter(base, value));
    cell->base_version = cell->base->version;
  }
  cell->value = value;
  ++cell->version;
}

void release_parts(const IValue& value) {
  if (const auto* list = std::get_if<ListRef>(&value)) (*list)->items.clear();
  if (const auto* tuple = std::get_if<TupleRef>(&value)) (*tuple)->items.clear();
  if (const auto* dict = std::get_if<DictRef>(&value)) (*dict)->items.clear();
  if (const auto* object = std::get_if<ObjectRef>(&value)) (*object)->attributes.clear();
}

std::string kind_of(const IValue& value) {
  constexpr std::array kNames = {"None",      "a bool",      "an int",    "a float", "a string",
                                 "an extent", "a condition", "a tensor",  "a list",  "a tuple",
                                 "a dict",    "an object",   "a function"};
  static_assert(kNames.size() == std::variant_size_v<IValue>);
  return kNames[value.index()];
}

}  // namespace headway::script
