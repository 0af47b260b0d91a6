#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "graph/graph.h"

namespace headway {

/// One channel of one of a node's inputs.
struct ChannelSource {
  std::size_t input = 0;
  std::int64_t channel = 0;

  friend bool operator==(const ChannelSource&, const ChannelSource&) = default;
};

/// Where each output channel of a SelectChannels comes from. Throws Error(kInvalidModel) naming the
/// node.
std::vector<ChannelSource> selected_channels(const Node& node);

}  // namespace headway
