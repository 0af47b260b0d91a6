#pragma once

#include <optional>
#include <vector>

#include "graph/graph.h"

namespace headway {

/// y[channel] = scale * x[channel] + shift.
struct ChannelAffine {
  std::vector<float> scale, shift;
};

/// The node (Conv or Gemm) that computes `value` for this reader alone, with constant
/// float32 weights and bias, so that an affine map of its channels can be folded into them; nullptr
/// if there is none.
Node* foldable_producer(const Graph& graph, const Value* value);

/// Output channels of a foldable producer.
std::int64_t output_channels(const Node& node);

/// A copy of `node`, placed before `position`, with the affine map folded into weights and bias.
Value* fold_affine(Graph& graph, Node& position, const Node& node, const ChannelAffine& affine);

}  // namespace headway
