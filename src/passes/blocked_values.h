#pragma once

#include <cstdint>
#include <string_view>

#include "graph/graph.h"
#include "passes/pass.h"

namespace headway {

/// The blocked tensor that `value` was unblocked from; nullptr if it was not.
Value* blocked_source(const Value* value, std::int64_t block);

/// True for a float32 [N, C, H, W] with static extents: what can be blocked.
bool is_image(const Value* value);

/// `value` in blocks: what it was unblocked from, or a reordering added before `position`.
Value* blocked(Graph& graph, Node& position, Value* value, std::int64_t block);

/// A node added before `node` that computes the blocked form of its output 0.
Value* insert_blocked(Graph& graph, Node& node, std::string_view op_type,
                      std::vector<Value*> inputs, Attributes attributes, std::string_view domain,
                      std::int64_t block);

/// The patch that reads an output of `node` (output 0 if none is given) out of `blocked`.
Patch unblocking_patch(Graph& graph, Node& node, Value* blocked, Value* output = nullptr);

/// The patch by which a 1×1 BlockedConv scales its input itself, instead of a ScaleShift or a Mul
/// by one factor per channel that nothing else reads; nullopt if there is none.
std::optional<Patch> propose_input_scale(Graph& graph, Node& node, std::int64_t block);

/// The patch by which a 3×3 BlockedConv keeps the greatest of every 2 × 2 pixels only, instead of a
/// MaxPool that is its only reader; nullopt if there is none.
std::optional<Patch> propose_fused_pool(Graph& graph, Node& node);

/// The patch that moves an operator behind the reordering of its inputs; nullopt if there is none
/// or the operator cannot work on blocks.
std::optional<Patch> propose_past_unblocking(Graph& graph, Node& node, std::int64_t block);

/// The patch that makes a SelectChannels of an operator that only moves channels of unblocked
/// images (misaligned Concat, Split, Slice, Gather, channel shuffle), or one of several in a row.
std::optional<Patch> propose_selection(Graph& graph, Node& node, std::int64_t block);

}  // namespace headway
