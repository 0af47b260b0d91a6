#include "formats/torch/pickle_value.h"

namespace headway::torch {

const PickleValue* PickleObject::find(std::string_view key) const {
  // The last one counts, as in Python.
  for (std::size_t i = items.size(); i >= 2; i -= 2) {
    const auto* found = std::get_if<std::string_view>(&items[i - 2]);
    if (found != nullptr && *found == key) return &items[i - 1];
  }
  return nullptr;
}

const PickleObject* as(const PickleValue& value, PickleObject::Kind kind) noexcept {
  const auto* object = std::get_if<const PickleObject*>(&value);
  return object != nullptr && (*object)->kind == kind ? *object : nullptr;
}

}  // namespace headway::torch
