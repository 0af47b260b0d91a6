#include "ops/broadcast.h"

#include "ops/dims.h"
#include "ops/strided.h"

namespace headway {

std::optional<Dim> broadcast(const Dim& a, const Dim& b) {
  if (a.same_as(b) || b == Dim(1)) return a;
  if (a == Dim(1)) return b;
  if (a.is_static() && b.is_static()) return std::nullopt;
  if (a.is_static()) return a;
  if (b.is_static()) return b;
  return Dim();
}

SymbolicShape broadcast(const InferContext& context, const SymbolicShape& a,
                        const SymbolicShape& b) {
  const SymbolicShape& longer = a.size() >= b.size() ? a : b;
  const SymbolicShape& shorter = a.size() >= b.size() ? b : a;
  SymbolicShape result = longer;
  const std::size_t shift = longer.size() - shorter.size();
  for (std::size_t axis = 0; axis < shorter.size(); ++axis) {
    const std::optional<Dim> dim = broadcast(longer[shift + axis], shorter[axis]);
    if (!dim) {
      context.fail("the shapes ", to_string(a), " and ", to_string(b),
                   " cannot be broadcast to each other");
    }
    result[shift + axis] = *dim;
  }
  return result;
}

std::optional<SymbolicShape> broadcast_inputs(const InferContext& context, std::size_t first) {
  SymbolicShape result;
  for (std::size_t index = first; index < context.input_count(); ++index) {
    const TensorType& type = context.input(index);
    if (!type.shape) return std::nullopt;
    result = broadcast(context, result, *type.shape);
  }
  return result;
}

void require_broadcast_to(const InferContext& context, std::size_t index, const TensorType& type) {
  if (!context.has_input(index)) return;
  const TensorType& from = context.input(index);
  if (!from.shape || !type.shape) return;
  const std::size_t rank = from.shape->size();
  bool fits = rank <= type.shape->size();
  for (std::size_t axis = 0; fits && axis < rank; ++axis) {
    const Dim& to = (*type.shape)[type.shape->size() - rank + axis];
    fits = (*from.shape)[axis] == Dim(1) || unify((*from.shape)[axis], to).has_value();
  }
  if (!fits)
    context.fail("input ", index, " of type ", from.to_string(), " cannot be broadcast to ",
                 type.to_string());
}

Shape broadcast_strides(const Shape& from, const Shape& to) {
  const Shape dense = row_major_strides(from);
  Shape strides(to.size(), 0);
  const std::size_t shift = to.size() - from.size();
  for (std::size_t axis = 0; axis < from.size(); ++axis) {
    if (from[axis] != 1) strides[shift + axis] = dense[axis];
  }
  return strides;
}

std::string to_string(const SymbolicShape& shape) {
  std::string text = "[";
  for (const Dim& dim : shape) {
    if (text.size() > 1) text += ',';
    text += dim.to_string();
  }
  return text + "]";
}

}  // namespace headway
