#include <algorithm>
#include <numeric>

#include "formats/torchscript/emit_extent.h"
#include "formats/torchscript/op_map.h"

namespace headway::torchscript {
namespace {

/// Indices of any rank: picked one after the other, then their shape takes the axis's place.
void emit_gather_of_rank(Emitter& emitter) {
  const std::int64_t axis = emitter.axis(emitter.node().get_int("axis", 0), emitter.rank(0));
  const std::string indices = emitter.tensor(1);
  const std::string at = std::to_string(axis);
  const std::string picked = emitter.temporary(
      call("index_select", {emitter.tensor(0), at, call("reshape", {indices, "[-1]"})}));
  std::vector<std::string> extents;
  for (std::int64_t i = 0; i < emitter.rank(1); ++i)
    extents.push_back(call("size", {indices, std::to_string(i)}));
  emitter.assign(call("unflatten", {picked, at, list(extents)}));
}

void emit_gather(Emitter& emitter) {
  const auto indices = emitter.constant_ints(1);
  if (is_computed_ints(emitter, 0)) {
    if (!indices) emitter.fail("it picks extents by an index that is not constant");
    const IntExpressions elements = *emitter.ints(0);
    IntExpressions picked;
    for (const std::int64_t index : *indices) {
      picked.push_back(elements.at(static_cast<std::size_t>(
          emitter.axis(index, static_cast<std::int64_t>(elements.size())))));
    }
    return emitter.assign_ints(std::move(picked));
  }
  const std::string axis = std::to_string(emitter.node().get_int("axis", 0));
  if (indices && emitter.rank(1) == 0) {
    return emitter.assign_view(
        call("select", {emitter.tensor(0), axis, std::to_string(indices->at(0))}));
  }
  if (indices && std::ranges::any_of(*indices, [](std::int64_t index) { return index < 0; }))
    emitter.fail("its indices are negative");
  if (emitter.rank(1) == 1)
    return emitter.assign(call("index_select", {emitter.tensor(0), axis, emitter.tensor(1)}));
  if (axis == "0" && emitter.rank(0) == 2)
    return emitter.assign(call("embedding", {emitter.tensor(0), emitter.tensor(1)}));
  emit_gather_of_rank(emitter);
}

void emit_gather_elements(Emitter& emitter) {
  emitter.assign(call(
      "gather",
      {emitter.tensor(0), std::to_string(emitter.node().get_int("axis", 0)), emitter.tensor(1)}));
}

void emit_scatter_nd(Emitter& emitter) {
  if (emitter.node().get_string("reduction", "none") != "none") emitter.fail("it reduces");
  const std::int64_t depth = emitter.extent(1, emitter.rank(1) - 1);
  std::vector<std::string> columns;
  for (std::int64_t i = 0; i < depth; ++i)
    columns.push_back(call("select", {emitter.tensor(1), "-1", std::to_string(i)}));
  emitter.assign(call("index_put", {emitter.tensor(0), list(columns), emitter.tensor(2)}));
}

std::vector<std::int64_t> slice_axes(const Emitter& emitter, std::size_t count) {
  if (emitter.has_input(3)) {
    const auto axes = emitter.constant_ints(3);
    if (!axes) emitter.fail("its axes must be constant");
    return *axes;
  }
  std::vector<std::int64_t> axes(count);
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

std::vector<std::int64_t> slice_steps(const Emitter& emitter, std::size_t count) {
  std::vector<std::int64_t> steps(count, 1);
  if (emitter.has_input(4)) {
    const auto given = emitter.constant_ints(4);
    if (!given) emitter.fail("its steps must be constant");
    steps = *given;
  }
  if (std::ranges::any_of(steps, [](std::int64_t step) { return step <= 0; }))
    emitter.fail("it steps backwards");
  return steps;
}

void slice_ints(Emitter& emitter) {
  const IntExpressions elements = *emitter.ints(0);
  const auto starts = emitter.constant_ints(1), ends = emitter.constant_ints(2);
  if (!starts || !ends) emitter.fail("it cuts extents at positions that are not constant");
  const std::int64_t step = slice_steps(emitter, 1).at(0);
  const auto count = static_cast<std::int64_t>(elements.size());
  const auto clamped = [&](std::int64_t bound) {
    return std::clamp<std::int64_t>(bound < 0 ? bound + count : bound, 0, count);
  };
  IntExpressions kept;
  for (std::int64_t i = clamped(starts->at(0)); i < clamped(ends->at(0)); i += step)
    kept.push_back(elements[static_cast<std::size_t>(i)]);
  emitter.assign_ints(std::move(kept));
}

void emit_slice(Emitter& emitter) {
  if (is_computed_ints(emitter, 0)) return slice_ints(emitter);
  const IntExpressions starts = emitter.need_ints(1), ends = emitter.need_ints(2);
  const auto axes = slice_axes(emitter, starts.size());
  const auto steps = slice_steps(emitter, starts.size());
  std::string result = emitter.tensor(0);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    result = call("slice", {result, std::to_string(axes.at(i)), starts[i], ends.at(i),
                            std::to_string(steps.at(i))});
  }
  emitter.assign_view(result);
}

void emit_split(Emitter& emitter) {
  const Node& node = emitter.node();
  const std::int64_t axis = emitter.axis(node.get_int("axis", 0), emitter.rank(0));
  IntExpressions sizes;
  if (emitter.has_input(1)) {
    sizes = emitter.need_ints(1);
  } else {
    const auto parts = static_cast<std::int64_t>(node.outputs().size());
    const std::int64_t whole = emitter.extent(0, axis), part = (whole + parts - 1) / parts;
    for (std::int64_t i = 0; i < parts; ++i)
      sizes.push_back(std::to_string(std::min(part, whole - i * part)));
  }
  const std::string pieces = emitter.temporary(
      call("split_with_sizes", {emitter.tensor(0), list(sizes), std::to_string(axis)}));
  for (std::size_t i = 0; i < node.outputs().size(); ++i)
    emitter.assign_view(pieces + "[" + std::to_string(i) + "]", i);
}

void emit_top_k(Emitter& emitter) {
  const Node& node = emitter.node();
  const std::string k = emitter.need_ints(1).at(0);
  const std::string pair = emitter.temporary(call(
      "topk", {emitter.tensor(0), k, std::to_string(node.get_int("axis", -1)),
               truth(node.get_int("largest", 1) != 0), truth(node.get_int("sorted", 1) != 0)}));
  for (std::size_t i = 0; i < node.outputs().size(); ++i)
    emitter.assign_view("(" + pair + ")[" + std::to_string(i) + "]", i);
}

void emit_cum_sum(Emitter& emitter) {
  const Node& node = emitter.node();
  if (node.get_int("exclusive", 0) != 0 || node.get_int("reverse", 0) != 0)
    emitter.fail("exclusive or reversed sums");
  emitter.assign(call("cumsum", {emitter.tensor(0), emitter.need_ints(1).at(0)}));
}

constexpr OpMapping kMappings[] = {
    {"Gather", emit_gather},        {"GatherElements", emit_gather_elements},
    {"ScatterND", emit_scatter_nd}, {"Slice", emit_slice},
    {"Split", emit_split},          {"TopK", emit_top_k},
    {"CumSum", emit_cum_sum},
};

}  // namespace

std::span<const OpMapping> index_mappings() {
  return kMappings;
}

}  // namespace headway::torchscript
