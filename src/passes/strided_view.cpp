#include "passes/strided_view.h"

#include <algorithm>
#include <array>

#include "ops/rules.h"
#include "ops/slice_ranges.h"
#include "ops/strided.h"
#include "ops/transpose.h"
#include "passes/pattern.h"

namespace headway {
namespace {

/// Takes runs of `extent` positions together off the end of `runs`.
std::optional<Axis> take_back(std::vector<Run>& runs, std::int64_t extent) {
  Axis axis;
  while (extent > 1) {
    if (runs.empty()) return std::nullopt;
    Run& last = runs.back();
    if (extent % last.extent == 0) {
      axis.insert(axis.begin(), last);
      extent /= last.extent;
      runs.pop_back();
    } else if (last.extent % extent == 0) {
      axis.insert(axis.begin(), {extent, last.stride});
      last = {last.extent / extent, last.stride * extent};
      extent = 1;
    } else {
      return std::nullopt;
    }
  }
  return axis;
}

bool reshape(StridedView& view, const Shape& shape) {
  std::vector<Run> runs;
  for (const Axis& axis : view.axes) runs.insert(runs.end(), axis.begin(), axis.end());
  runs = merged(runs);
  std::vector<Axis> axes(shape.size());
  for (std::size_t i = shape.size(); i-- > 0;) {
    const auto axis = take_back(runs, shape[i]);
    if (!axis) return false;
    axes[i] = *axis;
  }
  view.axes = std::move(axes);
  return runs.empty();
}

void transpose(StridedView& view, const Node& node) {
  std::vector<Axis> axes;
  for (const std::size_t axis : transpose_permutation(node, view.axes.size())) {
    axes.push_back(view.axes[axis]);
  }
  view.axes = std::move(axes);
}

bool slice(StridedView& view, std::size_t axis, const SliceRange& range) {
  Axis& runs = view.axes[axis];
  if (range.step < 0 || range.count == 0) return false;
  if (range.count == extent_of(runs) && range.start == 0) return true;
  runs = merged(runs);
  if (runs.size() != 1) return false;
  view.offset += range.start * runs[0].stride;
  runs[0] = {range.count, runs[0].stride * range.step};
  return true;
}

bool apply_slice(StridedView& view, const Node& node) {
  const auto starts = int_constant(node.input(1)), ends = int_constant(node.input(2));
  const auto axes = int_constant(node.input(3)), steps = int_constant(node.input(4));
  if (!starts || !ends || (node.input(3) && !axes) || (node.input(4) && !steps)) return false;
  for (std::size_t i = 0; i < starts->size(); ++i) {
    const std::size_t axis = axes ? resolve_axis(node, (*axes)[i], view.axes.size()) : i;
    const SliceRange range = resolve_slice((*starts)[i], (*ends)[i], steps ? (*steps)[i] : 1,
                                           extent_of(view.axes[axis]));
    if (!slice(view, axis, range)) return false;
  }
  return true;
}

bool apply_split(StridedView& view, const Node& node, const Value* output) {
  const std::size_t axis = resolve_axis(node, node.get_int("axis", 0), view.axes.size());
  std::int64_t start = 0;
  for (const Value* part : node.outputs()) {
    if (part == output) return slice(view, axis, {start, 1, static_extent(*part, axis)});
    if (part == nullptr) return false;
    start += static_extent(*part, axis);
  }
  return false;
}

bool apply_gather(StridedView& view, const Node& node) {
  const auto index = int_constant(node.input(1));
  if (!index || index->size() != 1) return false;
  const std::size_t axis = resolve_axis(node, node.get_int("axis", 0), view.axes.size());
  const std::int64_t extent = extent_of(view.axes[axis]);
  const std::int64_t position = index->front() < 0 ? index->front() + extent : index->front();
  return slice(view, axis, {position, 1, 1}) && reshape(view, *node.output()->type.static_shape());
}

bool apply(StridedView& view, const Node& node, const Value* output) {
  constexpr std::array<std::string_view, 5> kReshapes = {"Flatten", "Identity", "Reshape",
                                                         "Squeeze", "Unsqueeze"};
  if (!node.domain().empty()) return false;
  if (std::ranges::find(kReshapes, node.op_type()) != kReshapes.end()) {
    return reshape(view, *output->type.static_shape());
  }
  if (node.is("Slice")) return apply_slice(view, node);
  if (node.is("Split")) return apply_split(view, node, output);
  if (node.is("Gather")) return apply_gather(view, node);
  if (!node.is("Transpose")) return false;
  transpose(view, node);
  return true;
}

bool is_static(const Value* value) {
  const auto shape = value ? value->type.static_shape() : std::nullopt;
  return shape && num_elements(*shape) > 0;
}

/// The other factor of value = constant · other.
Value* scaled(const Value* value, float& factor) {
  const Node* node = value->producer();
  if (!node->is("Mul") && !node->is("Div")) return nullptr;
  const std::size_t constant = node->is("Mul") && float_scalar(node->input(0)) ? 0 : 1;
  const auto scalar = float_scalar(node->input(constant));
  Value* other = node->input(1 - constant);
  if (!scalar || !same_type(other->type, value->type)) return nullptr;
  factor *= node->is("Div") ? 1.0f / *scalar : *scalar;
  return other;
}

}  // namespace

std::int64_t extent_of(const Axis& axis) {
  std::int64_t extent = 1;
  for (const Run& run : axis) extent *= run.extent;
  return extent;
}

Axis merged(const Axis& axis) {
  Axis result;
  for (const Run& run : axis) {
    if (run.extent == 1) continue;
    if (!result.empty() && result.back().stride == run.extent * run.stride) {
      result.back() = {result.back().extent * run.extent, run.stride};
    } else {
      result.push_back(run);
    }
  }
  return result;
}

StridedView dense_view(Value* value) {
  const Shape shape = value->type.static_shape().value();
  const Shape strides = row_major_strides(shape);
  StridedView view{value, 0, {}};
  for (std::size_t i = 0; i < shape.size(); ++i) {
    view.axes.push_back(shape[i] == 1 ? Axis{} : Axis{{shape[i], strides[i]}});
  }
  return view;
}

StridedView strided_view(Value* value, float* factor) {
  const Node* node = value->producer();
  if (node == nullptr || !is_static(node->input(0)) || !is_static(value)) return dense_view(value);
  if (factor != nullptr) {
    if (Value* other = scaled(value, *factor)) return strided_view(other, factor);
  }
  float inner_factor = 1.0f;
  StridedView view = strided_view(node->input(0), factor ? &inner_factor : nullptr);
  if (!apply(view, *node, value)) return dense_view(value);
  if (factor != nullptr) *factor *= inner_factor;
  return view;
}

}  // namespace headway
