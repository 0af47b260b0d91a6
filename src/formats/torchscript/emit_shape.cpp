#include <algorithm>

#include "formats/torchscript/emit_extent.h"
#include "formats/torchscript/op_map.h"

namespace headway::torchscript {
namespace {

/// No tensor has more: a longer vector is data, not a shape.
constexpr std::int64_t kMaxExtents = 64;

std::string size_of_axis(Emitter& emitter, std::size_t slot, std::int64_t axis) {
  const Dim& dim = emitter.shape(slot).at(static_cast<std::size_t>(axis));
  if (dim.is_static()) return std::to_string(dim.extent());
  return call("size", {emitter.tensor(slot), std::to_string(axis)});
}

void emit_shape(Emitter& emitter) {
  const Node& node = emitter.node();
  const std::int64_t rank = emitter.rank(0);
  const auto clamped = [&](std::int64_t bound) {
    return std::clamp<std::int64_t>(bound < 0 ? bound + rank : bound, 0, rank);
  };
  IntExpressions extents;
  const std::int64_t end = clamped(node.get_int("end", rank));
  for (std::int64_t axis = clamped(node.get_int("start", 0)); axis < end; ++axis)
    extents.push_back(size_of_axis(emitter, 0, axis));
  emitter.assign_ints(std::move(extents));
}

void emit_size(Emitter& emitter) {
  emitter.assign_ints({call("numel", {emitter.tensor(0)})});
}

void emit_reshape(Emitter& emitter) {
  IntExpressions target = emitter.need_ints(1);
  if (is_computed_ints(emitter, 0)) return emitter.forward_input(0);
  if (emitter.node().get_int("allowzero", 0) == 0) {
    for (std::size_t i = 0; i < target.size(); ++i)
      if (target[i] == "0") target[i] = size_of_axis(emitter, 0, static_cast<std::int64_t>(i));
  }
  emitter.assign_view(call("reshape", {emitter.tensor(0), list(target)}));
}

void emit_flatten(Emitter& emitter) {
  const std::int64_t rank = emitter.rank(0);
  const std::int64_t axis = emitter.axis(emitter.node().get_int("axis", 1), rank);
  const std::string x = emitter.tensor(0);
  if (axis == 0) return emitter.assign_view(call("reshape", {x, "[1, -1]"}));
  if (axis == rank) return emitter.assign_view(call("reshape", {x, "[-1, 1]"}));
  const std::string rows = axis == 1 ? x : call("flatten", {x, "0", std::to_string(axis - 1)});
  emitter.assign_view(call("flatten", {rows, "1"}));
}

void emit_transpose(Emitter& emitter) {
  std::vector<std::int64_t> reversed;
  for (std::int64_t axis = emitter.rank(0); axis-- > 0;) reversed.push_back(axis);
  emitter.assign_view(
      call("permute", {emitter.tensor(0), list(emitter.node().get_ints("perm", reversed))}));
}

void emit_concat(Emitter& emitter) {
  const std::size_t count = emitter.node().inputs().size();
  IntExpressions elements;
  bool is_shape = false, is_known = true;
  for (std::size_t i = 0; i < count && is_known; ++i) {
    const auto part = emitter.ints(i);
    is_known = part.has_value();
    if (!is_known) break;
    is_shape |= is_computed_ints(emitter, i);
    elements.insert(elements.end(), part->begin(), part->end());
  }
  if (is_known && is_shape) return emitter.assign_ints(std::move(elements));
  std::vector<std::string> tensors;
  for (std::size_t i = 0; i < count; ++i) tensors.push_back(emitter.tensor(i));
  emitter.assign(call("cat", {list(tensors), std::to_string(emitter.node().get_int("axis", 0))}));
}

void emit_squeeze(Emitter& emitter) {
  if (is_computed_ints(emitter, 0)) return emitter.forward_input(0);
  const std::int64_t rank = emitter.rank(0);
  std::vector<std::int64_t> axes;
  if (emitter.has_input(1)) {
    const auto given = emitter.constant_ints(1);
    if (!given) emitter.fail("its axes must be constant");
    axes = *given;
  } else {
    for (std::int64_t axis = 0; axis < rank; ++axis)
      if (emitter.shape(0)[static_cast<std::size_t>(axis)] == Dim(std::int64_t{1}))
        axes.push_back(axis);
  }
  for (std::int64_t& axis : axes) axis = emitter.axis(axis, rank);
  std::ranges::sort(axes, std::greater<>());
  std::string result = emitter.tensor(0);
  for (const std::int64_t axis : axes) result = call("squeeze", {result, std::to_string(axis)});
  emitter.assign_view(result);
}

void emit_unsqueeze(Emitter& emitter) {
  if (is_computed_ints(emitter, 0)) return emitter.forward_input(0);
  auto axes = emitter.constant_ints(1);
  if (!axes) emitter.fail("its axes must be constant");
  const std::int64_t rank = emitter.rank(0) + static_cast<std::int64_t>(axes->size());
  for (std::int64_t& axis : *axes) axis = emitter.axis(axis, rank);
  std::ranges::sort(*axes);
  std::string result = emitter.tensor(0);
  for (const std::int64_t axis : *axes) result = call("unsqueeze", {result, std::to_string(axis)});
  emitter.assign_view(result);
}

/// ONNX broadcasts both ways; torch.expand only from 1.
void emit_expand(Emitter& emitter) {
  IntExpressions target = emitter.need_ints(1);
  const auto rank = static_cast<std::size_t>(emitter.rank(0));
  while (target.size() < rank) target.insert(target.begin(), "1");
  for (std::size_t i = 0; i < rank; ++i) {
    std::string& extent = target[target.size() - rank + i];
    if (extent == "1") extent = "-1";
  }
  emitter.assign_view(call("expand", {emitter.tensor(0), list(target)}));
}

void emit_tile(Emitter& emitter) {
  emitter.assign(call("repeat", {emitter.tensor(0), list(emitter.need_ints(1))}));
}

void emit_constant_of_shape(Emitter& emitter) {
  Tensor value = Tensor::zeros(DType::kFloat32, {1});
  if (const auto found = emitter.node().attributes.find("value");
      found != emitter.node().attributes.end()) {
    if (const auto* tensor = std::get_if<Tensor>(&found->second)) value = *tensor;
  }
  const double fill = value.clone().to(DType::kFloat64).data<double>()[0];
  const bool is_integer = !is_floating_point(value.dtype());
  const auto extents = emitter.node().output()->type.static_shape();
  if (value.dtype() == DType::kInt64 && extents && extents->size() == 1 &&
      extents->front() <= kMaxExtents) {
    const auto count = static_cast<std::size_t>(extents->front());
    return emitter.assign_ints(
        IntExpressions(count, std::to_string(static_cast<std::int64_t>(fill))));
  }
  const std::string text =
      is_integer ? std::to_string(static_cast<std::int64_t>(fill)) : number(fill);
  emitter.assign(call("full", {list(emitter.need_ints(0)), text,
                               "dtype=" + std::to_string(scalar_type_of(value.dtype()))}));
}

void emit_depth_to_space(Emitter& emitter) {
  if (emitter.node().get_string("mode", "DCR") != "CRD")
    emitter.fail("only its mode CRD is torch.pixel_shuffle");
  emitter.assign(call("pixel_shuffle",
                      {emitter.tensor(0), std::to_string(emitter.node().get_int("blocksize", 1))}));
}

constexpr OpMapping kMappings[] = {
    {"Shape", emit_shape},
    {"Size", emit_size},
    {"Reshape", emit_reshape},
    {"Flatten", emit_flatten},
    {"Transpose", emit_transpose},
    {"Concat", emit_concat},
    {"Squeeze", emit_squeeze},
    {"Unsqueeze", emit_unsqueeze},
    {"Expand", emit_expand},
    {"Tile", emit_tile},
    {"ConstantOfShape", emit_constant_of_shape},
    {"DepthToSpace", emit_depth_to_space},
};

}  // namespace

std::span<const OpMapping> shape_mappings() {
  return kMappings;
}

}  // namespace headway::torchscript
