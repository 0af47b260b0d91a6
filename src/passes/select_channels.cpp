#include <algorithm>
#include <numeric>

#include "ops/fused.h"
#include "ops/rules.h"
#include "ops/slice_ranges.h"
#include "ops/strided.h"
#include "ops/transpose.h"
#include "passes/blocked_values.h"
#include "passes/channel_selection.h"
#include "passes/pattern.h"

namespace headway {
namespace {

Shape shape_of(const Value* value) {
  return value->type.static_shape().value();
}

/// Some channels of an image with plain channels.
struct Picked {
  const Value* image;
  std::vector<std::int64_t> channels;
};

std::vector<std::int64_t> range(std::int64_t first, std::int64_t step, std::int64_t count) {
  std::vector<std::int64_t> channels;
  for (std::int64_t i = 0; i < count; ++i) channels.push_back(first + i * step);
  return channels;
}

std::optional<Picked> pick_part(const Node& node, const Value* output) {
  if (!node.is("Split") || resolve_axis(node, node.get_int("axis", 0), 4) != 1) return std::nullopt;
  const auto given = int_constant(node.input(1));
  if (node.input(1) && !given) return std::nullopt;
  const auto sizes = split_sizes(node, shape_of(node.input(0))[1], node.outputs().size(), given);
  const auto part = std::ranges::find(node.outputs(), output) - node.outputs().begin();
  const std::int64_t first = std::accumulate(sizes.begin(), sizes.begin() + part, std::int64_t{0});
  return Picked{node.input(0), range(first, 1, sizes[static_cast<std::size_t>(part)])};
}

std::optional<Picked> pick_slice(const Node& node, const Value*) {
  if (!node.is("Slice")) return std::nullopt;
  const auto starts = int_constant(node.input(1)), ends = int_constant(node.input(2));
  const auto axes = node.input(3) ? int_constant(node.input(3)) : range(0, 1, 4);
  const auto steps = node.input(4) ? int_constant(node.input(4)) : std::vector<std::int64_t>(4, 1);
  if (!starts || !ends || !axes || !steps) return std::nullopt;
  const Shape shape = shape_of(node.input(0));
  Picked picked{node.input(0), range(0, 1, shape[1])};
  for (std::size_t i = 0; i < starts->size(); ++i) {
    const std::size_t axis = resolve_axis(node, (*axes)[i], shape.size());
    const SliceRange taken = resolve_slice((*starts)[i], (*ends)[i], (*steps)[i], shape[axis]);
    if (axis == 1) {
      picked.channels = range(taken.start, taken.step, taken.count);
    } else if (taken != SliceRange{0, 1, shape[axis]}) {
      return std::nullopt;
    }
  }
  return picked;
}

std::optional<Picked> pick_gathered(const Node& node, const Value*) {
  if (!node.is("Gather") || resolve_axis(node, node.get_int("axis", 0), 4) != 1) {
    return std::nullopt;
  }
  auto channels = int_constant(node.input(1));
  if (!channels) return std::nullopt;
  const std::int64_t count = shape_of(node.input(0))[1];
  for (std::int64_t& channel : *channels) {
    if (channel < -count || channel >= count) return std::nullopt;
    if (channel < 0) channel += count;
  }
  return Picked{node.input(0), *channels};
}

/// The channels seen along several axes, which are reordered: Reshape, Transpose and Reshape back.
std::optional<Picked> pick_shuffled(const Node& node, const Value* output) {
  const Node* transpose = producer(node.input(0), "Transpose");
  const Node* reshape = transpose ? producer(transpose->input(0), "Reshape") : nullptr;
  if (!node.is("Reshape") || !reshape || !is_image(reshape->input(0))) return std::nullopt;
  const Shape image = shape_of(reshape->input(0));
  const auto grouped = transpose->input(0)->type.static_shape();
  if (!grouped || shape_of(output) != image) return std::nullopt;
  const auto order = transpose_permutation(*transpose, grouped->size());

  std::size_t end = grouped->size();
  std::int64_t pixels = 1;
  while (end > 0 && pixels != image[2] * image[3] && order[end - 1] == end - 1) {
    pixels *= (*grouped)[--end];
  }
  const std::size_t begin = image[0] == 1 ? 0 : 1;
  const bool keeps_images = begin == 0 || ((*grouped)[0] == image[0] && order[0] == 0);
  if (pixels != image[2] * image[3] || end < begin || !keeps_images) return std::nullopt;

  const Shape all = row_major_strides(
      Shape(grouped->begin(), grouped->begin() + static_cast<std::ptrdiff_t>(end)));
  Shape extents, strides;
  for (std::size_t axis = begin; axis < end; ++axis) {
    extents.push_back((*grouped)[order[axis]]);
    strides.push_back(all[order[axis]]);
  }
  if (product(extents) != image[1]) return std::nullopt;
  const std::vector<std::int64_t> channels = range(0, 1, image[1]);
  std::vector<std::int64_t> shuffled(channels.size());
  copy_strided(channels.data(), strides, extents, shuffled.data());
  return Picked{reshape->input(0), shuffled};
}

Value* first_read_output(const Graph& graph, const Node& node) {
  const auto found = std::ranges::find_if(node.outputs(), [&](const Value* output) {
    return output && (!output->users().empty() || graph.is_output(output));
  });
  return found == node.outputs().end() ? nullptr : *found;
}

std::optional<Patch> propose_picking(Graph& graph, Node& node, std::int64_t block) {
  Value* output = first_read_output(graph, node);
  if (!is_image(output) || !node.input(0)) return std::nullopt;
  for (const auto pick : {pick_part, pick_slice, pick_gathered, pick_shuffled}) {
    const auto picked = pick(node, output);
    if (!picked || picked->channels.empty()) continue;
    Value* source = blocked_source(picked->image, block);
    if (source == nullptr) return std::nullopt;
    ChannelSelection selection{{{source, shape_of(picked->image)[1]}}, {}};
    for (const std::int64_t channel : picked->channels) selection.picks.push_back({0, channel});
    Value* selected = insert_selection(graph, node, trace_back(selection, block),
                                       output->name() + "_blocked", block);
    return unblocking_patch(graph, node, selected, output);
  }
  return std::nullopt;
}

/// Channels that do not fill blocks, and parts of what was one before.
std::optional<Patch> propose_joining(Graph& graph, Node& node, std::int64_t block) {
  if (!node.is("Concat") || !std::ranges::all_of(node.inputs(), is_image)) return std::nullopt;
  if (resolve_axis(node, node.get_int("axis", 0), 4) != 1) return std::nullopt;
  const auto follows = [&](const Value* input) { return blocked_source(input, block) != nullptr; };
  const auto fills = [&](const Value* input) { return shape_of(input)[1] % block == 0; };
  const bool aligned = std::ranges::all_of(node.inputs().first(node.inputs().size() - 1), fills);
  const bool can = aligned ? std::ranges::all_of(node.inputs(), follows)
                           : std::ranges::any_of(node.inputs(), follows);
  if (!can) return std::nullopt;
  std::vector<ChannelSelection::Source> sources;
  for (Value* input : node.inputs()) {
    sources.push_back({blocked(graph, node, input, block), shape_of(input)[1]});
  }
  const ChannelSelection selection = trace_back(all_channels(std::move(sources)), block);
  if (aligned && !joins_whole_sources(selection, block)) return std::nullopt;
  Value* selected =
      insert_selection(graph, node, selection, node.output()->name() + "_blocked", block);
  return unblocking_patch(graph, node, selected, node.output());
}

/// A selection out of selections.
std::optional<Patch> propose_composing(Graph& graph, Node& node, std::int64_t block) {
  if (!node.is("SelectChannels", kFusedDomain)) return std::nullopt;
  const ChannelSelection selection = selection_of(node);
  const ChannelSelection traced = trace_back(selection, block);
  if (traced == selection && !joins_whole_sources(traced, block)) return std::nullopt;
  return Patch{node.output(), insert_selection(graph, node, traced, node.output()->name(), block)};
}

}  // namespace

std::optional<Patch> propose_selection(Graph& graph, Node& node, std::int64_t block) {
  for (const auto propose : {propose_picking, propose_joining, propose_composing}) {
    if (auto patch = propose(graph, node, block)) return patch;
  }
  return std::nullopt;
}

}  // namespace headway
