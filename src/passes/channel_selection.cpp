#include "passes/channel_selection.h"

#include <algorithm>
#include <numeric>

#include "ops/fused.h"
#include "passes/pattern.h"

namespace headway {
namespace {

/// One channel where it was computed.
struct Origin {
  ChannelSelection::Source source;
  std::int64_t channel;
};

bool joins_blocks(const Node& node, std::int64_t block) {
  const std::int64_t axis = node.get_int("axis", 0);
  return node.is("Concat") && (axis == 1 || axis == -4) &&
         static_extent(*node.output(), 4) == block;
}

std::vector<Origin> origins_of(const ChannelSelection::Source& source, std::int64_t block);

std::vector<Origin> origins_of(const ChannelSelection& selection, std::int64_t block) {
  std::vector<std::vector<Origin>> all;
  for (const auto& source : selection.sources) all.push_back(origins_of(source, block));
  std::vector<Origin> picked;
  for (const auto& [input, channel] : selection.picks) {
    picked.push_back(all[input][static_cast<std::size_t>(channel)]);
  }
  return picked;
}

std::vector<Origin> origins_of(const ChannelSelection::Source& source, std::int64_t block) {
  const Node* node = source.value->producer();
  if (node != nullptr && node->is("SelectChannels", kFusedDomain)) {
    return origins_of(selection_of(*node), block);
  }
  std::vector<Origin> origins;
  if (node == nullptr || !joins_blocks(*node, block)) {
    for (std::int64_t channel = 0; channel < source.channels; ++channel) {
      origins.push_back({source, channel});
    }
    return origins;
  }
  std::int64_t rest = source.channels;
  for (Value* input : node->inputs()) {
    const std::int64_t channels = std::min(static_extent(*input, 1) * block, rest);
    for (const Origin& origin : origins_of({input, channels}, block)) origins.push_back(origin);
    rest -= channels;
  }
  return origins;
}

std::vector<std::int64_t> channels_of(const ChannelSelection& selection) {
  std::vector<std::int64_t> channels;
  for (const auto& source : selection.sources) channels.push_back(source.channels);
  return channels;
}

/// The attributes `indices`.
std::vector<std::int64_t> indices_of(const ChannelSelection& selection) {
  std::vector<std::int64_t> first = channels_of(selection), indices;
  std::exclusive_scan(first.begin(), first.end(), first.begin(), std::int64_t{0});
  for (const auto& [input, channel] : selection.picks) indices.push_back(first[input] + channel);
  return indices;
}

}  // namespace

ChannelSelection all_channels(std::vector<ChannelSelection::Source> sources) {
  ChannelSelection selection{std::move(sources), {}};
  for (std::size_t input = 0; input < selection.sources.size(); ++input) {
    for (std::int64_t channel = 0; channel < selection.sources[input].channels; ++channel) {
      selection.picks.push_back({input, channel});
    }
  }
  return selection;
}

ChannelSelection selection_of(const Node& node) {
  const std::vector<std::int64_t> channels = node.get_ints("channels", {});
  ChannelSelection selection{{}, selected_channels(node)};
  for (std::size_t i = 0; i < channels.size(); ++i) {
    selection.sources.push_back({node.input(i), channels[i]});
  }
  return selection;
}

ChannelSelection trace_back(const ChannelSelection& selection, std::int64_t block) {
  ChannelSelection traced;
  for (const auto& [source, channel] : origins_of(selection, block)) {
    const auto found =
        std::ranges::find(traced.sources, source.value, &ChannelSelection::Source::value);
    traced.picks.push_back({static_cast<std::size_t>(found - traced.sources.begin()), channel});
    if (found == traced.sources.end()) traced.sources.push_back(source);
  }
  return traced;
}

bool joins_whole_sources(const ChannelSelection& selection, std::int64_t block) {
  for (std::size_t i = 0; i + 1 < selection.sources.size(); ++i) {
    if (selection.sources[i].channels % block != 0) return false;
  }
  return selection.picks == all_channels(selection.sources).picks;
}

Value* insert_selection(Graph& graph, Node& position, const ChannelSelection& selection,
                        const std::string& name, std::int64_t block) {
  const bool joins = joins_whole_sources(selection, block);
  if (joins && selection.sources.size() == 1) return selection.sources[0].value;
  std::vector<Value*> inputs;
  for (const auto& source : selection.sources) inputs.push_back(source.value);
  Attributes attributes;
  if (joins) {
    attributes["axis"] = std::int64_t{1};
  } else {
    attributes["channels"] = channels_of(selection);
    attributes["indices"] = indices_of(selection);
  }
  Shape shape = inputs[0]->type.static_shape().value();
  shape[1] = (static_cast<std::int64_t>(selection.picks.size()) + block - 1) / block;
  Node* node =
      graph.insert_node(&position, joins ? "Concat" : "SelectChannels", std::move(inputs), {name},
                        std::move(attributes), position.name(), joins ? "" : kFusedDomain);
  node->output()->type = {DType::kFloat32, to_symbolic(shape)};
  return node->output();
}

}  // namespace headway
