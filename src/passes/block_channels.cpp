#include "passes/block_channels.h"

#include "ops/fused.h"
#include "passes/blocked_values.h"
#include "passes/pattern.h"

namespace headway {
namespace {

/// Fewer channels would leave most of a block empty.
constexpr std::int64_t kFewChannels = 4;

std::optional<Patch> propose_conv(Graph& graph, Node& node, std::int64_t block) {
  if (!node.is("Conv") && !node.is("FusedConv", kFusedDomain)) return std::nullopt;
  if (!is_image(node.input(0)) || !is_image(node.output())) return std::nullopt;
  if (!node.input(1)->is_constant()) return std::nullopt;
  if (node.input(2) != nullptr && !node.input(2)->is_constant()) return std::nullopt;
  std::vector<Value*> inputs(node.inputs().begin(), node.inputs().end());
  const bool few =
      static_extent(*node.input(0), 1) <= kFewChannels && node.get_int("group", 1) == 1;
  if (!few) inputs[0] = blocked(graph, node, inputs[0], block);
  if (inputs.size() > 3 && inputs[3]) inputs[3] = blocked(graph, node, inputs[3], block);
  Attributes attributes = node.attributes;
  attributes["block"] = block;
  Value* output = insert_blocked(graph, node, "BlockedConv", std::move(inputs),
                                 std::move(attributes), kFusedDomain, block);
  return unblocking_patch(graph, node, output);
}

/// Blocking what has just been unblocked.
std::optional<Patch> propose_cancel(Node& node, std::int64_t block) {
  if (!node.is("BlockChannels", kFusedDomain)) return std::nullopt;
  Value* source = blocked_source(node.input(0), block);
  if (source == nullptr) return std::nullopt;
  return Patch{node.output(), source};
}

}  // namespace

std::size_t block_channels(Graph& graph, std::int64_t block) {
  return rewrite(
      [&](Graph& g, Node& node) -> std::optional<Patch> {
        if (auto patch = propose_conv(g, node, block)) return patch;
        if (auto patch = propose_cancel(node, block)) return patch;
        if (auto patch = propose_selection(g, node, block)) return patch;
        if (auto patch = propose_input_scale(g, node, block)) return patch;
        if (auto patch = propose_fused_pool(g, node)) return patch;
        return propose_past_unblocking(g, node, block);
      },
      graph);
}

}  // namespace headway
