#include "formats/torchscript/reader/recorder.h"

#include <algorithm>

#include "base/strings.h"

namespace headway::script {

IValue Recorder::extent_of(Value* value, std::int64_t axis) {
  const SymbolicShape* shape = graph_.shape(value);
  if (shape != nullptr) {
    const auto rank = static_cast<std::int64_t>(shape->size());
    if (axis < -rank || axis >= rank)
      fail(ErrorCode::kInvalidModel, "axis ", axis, " of a tensor with ", rank, " dimensions");
    if (axis < 0) axis += rank;
    const Dim& dim = (*shape)[static_cast<std::size_t>(axis)];
    if (dim.is_static()) return dim.extent();
  }
  Value* all = graph_.add("Shape", {value});
  Value* one = graph_.add("Gather", {all, graph_.ints({axis})});
  return SymInt{one, shape == nullptr ? Dim() : (*shape)[static_cast<std::size_t>(axis)]};
}

bool Recorder::is_input(const Value* value) const {
  const auto inputs = graph_.graph().inputs();
  return std::ranges::find(inputs, value) != inputs.end();
}

bool Recorder::is_open(const Value* value) const {
  return is_input(value) && !value->type.shape;
}

Dim Recorder::symbol_for(const Value* input, std::size_t axis) const {
  return axis == 0 ? Dim(std::string("N")) : Dim(concat(input->name(), "_", axis));
}

void Recorder::refine(const Value* input, TensorType type) const {
  const auto inputs = graph_.graph().inputs();
  const auto found = std::ranges::find(inputs, input);
  throw Refinement{static_cast<std::size_t>(found - inputs.begin()), std::move(type)};
}

}  // namespace headway::script
