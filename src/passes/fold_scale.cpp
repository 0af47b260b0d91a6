#include "passes/affine.h"
#include "passes/passes.h"
#include "passes/pattern.h"

namespace headway {
namespace {

/// Mul or Add of a per-channel constant as an affine map of the other input.
std::optional<ChannelAffine> affine_of(const Node& node, const Value* constant, std::size_t rank,
                                       std::int64_t channels) {
  const auto values = per_channel_constant(constant, rank, channels);
  if (!values) return std::nullopt;
  if (node.is("Mul")) return ChannelAffine{*values, std::vector<float>(values->size(), 0.0f)};
  return ChannelAffine{std::vector<float>(values->size(), 1.0f), *values};
}

std::optional<Patch> propose(Graph& graph, Node& node) {
  if (!node.is("Mul") && !node.is("Add")) return std::nullopt;
  const auto sides =
      match_either_side(node, [](const Value* value) { return value->is_constant(); });
  if (!sides || !sides->other->type.shape) return std::nullopt;
  const Node* source = foldable_producer(graph, sides->other);
  if (source == nullptr) return std::nullopt;
  const auto affine =
      affine_of(node, sides->match, sides->other->type.shape->size(), output_channels(*source));
  if (!affine) return std::nullopt;
  return Patch{node.output(), fold_affine(graph, node, *source, *affine)};
}

}  // namespace

const Pass kFoldScale = {"fold-scale", propose};

}  // namespace headway
