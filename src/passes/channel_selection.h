#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "ops/select_channels.h"

namespace headway {

/// Channels picked out of blocked tensors.
struct ChannelSelection {
  struct Source {
    Value* value;
    std::int64_t channels;

    friend bool operator==(const Source&, const Source&) = default;
  };
  std::vector<Source> sources;
  std::vector<ChannelSource> picks;  ///< `input` is an index into the sources.

  friend bool operator==(const ChannelSelection&, const ChannelSelection&) = default;
};

/// Every channel of each source, one after the other.
ChannelSelection all_channels(std::vector<ChannelSelection::Source> sources);

/// What a SelectChannels computes.
ChannelSelection selection_of(const Node& node);

/// The same channels where they were first computed, behind all SelectChannels and Concat; each
/// source once and in the order of the picks.
ChannelSelection trace_back(const ChannelSelection& selection, std::int64_t block);

/// True if the sources need only be joined block by block: nothing to do for one source, a Concat
/// for several.
bool joins_whole_sources(const ChannelSelection& selection, std::int64_t block);

/// The selected channels in blocks, by nodes added before `position`, if any are needed.
Value* insert_selection(Graph& graph, Node& position, const ChannelSelection& selection,
                        const std::string& name, std::int64_t block);

}  // namespace headway
