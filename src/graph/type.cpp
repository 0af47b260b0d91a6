#include "graph/type.h"

#include "base/strings.h"

namespace headway {

bool Dim::same_as(const Dim& other) const noexcept {
  return !is_unknown() && *this == other;
}

std::string Dim::to_string() const {
  if (is_static()) return std::to_string(extent_);
  if (is_unknown()) return "?";
  return is_plain_name(symbol_) ? symbol_ : quote(symbol_);
}

SymbolicShape to_symbolic(const Shape& shape) {
  return {shape.begin(), shape.end()};
}

std::optional<Shape> to_static(const SymbolicShape& shape) {
  Shape extents;
  extents.reserve(shape.size());
  for (const Dim& dim : shape) {
    if (!dim.is_static()) return std::nullopt;
    extents.push_back(dim.extent());
  }
  return extents;
}

std::string TensorType::to_string() const {
  std::string text(name_of(dtype));
  text += '[';
  if (!shape) {
    text += "...";
  } else {
    for (std::size_t i = 0; i < shape->size(); ++i) {
      if (i > 0) text += ',';
      text += (*shape)[i].to_string();
    }
  }
  text += ']';
  if (is_sequence()) text = "seq(" + text + ')';
  return is_optional() ? "optional(" + text + ')' : text;
}

}  // namespace headway
