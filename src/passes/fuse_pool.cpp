#include <algorithm>

#include "ops/fused.h"
#include "ops/pool_geometry.h"
#include "passes/blocked_values.h"
#include "passes/pattern.h"

namespace headway {
namespace {

constexpr std::size_t kResidual = 3;

/// Windows of 2 × 2 pixels side by side, all of them within the image.
bool halves_image(const Node& node) {
  if (!node.is("MaxPool") || node.output(1) != nullptr) return false;
  const auto shape = node.input(0)->type.static_shape();
  if (!shape || shape->size() != 5) return false;
  const PoolGeometry geometry = pool_geometry(node);
  const auto has_extent = [](const WindowAxis& axis, std::int64_t extent) {
    return axis.kernel == extent && axis.stride == extent && axis.dilation == 1 &&
           axis.pad_begin == 0 && axis.output == axis.input / extent;
  };
  return has_extent(geometry.axes[0], 2) && has_extent(geometry.axes[1], 2) &&
         has_extent(geometry.axes[2], 1);
}

bool are_ones(const Node& node, std::string_view name) {
  return std::ranges::all_of(node.get_ints(name, {}), [](std::int64_t i) { return i == 1; });
}

/// What Winograd's algorithm may compute, whose tiles consist of whole windows.
bool can_pool(const Node& conv) {
  const Shape weights = conv.input(1)->type.static_shape().value();
  const auto shape = conv.input(0)->type.static_shape();
  return shape && shape->size() == 5 && weights[2] == 3 && weights[3] == 3 &&
         conv.get_int("group", 1) == 1 && are_ones(conv, "strides") &&
         are_ones(conv, "dilations") &&
         (conv.inputs().size() <= kResidual || conv.input(kResidual) == nullptr) &&
         conv.get_int("max_pool", 0) == 0;
}

}  // namespace

std::optional<Patch> propose_fused_pool(Graph& graph, Node& node) {
  if (!halves_image(node)) return std::nullopt;
  const Node* conv = private_producer(graph, node.input(0), "BlockedConv", kFusedDomain);
  if (conv == nullptr || !can_pool(*conv)) return std::nullopt;
  Attributes attributes = conv->attributes;
  attributes["max_pool"] = std::int64_t{2};
  Node* fused = graph.insert_node(
      &node, conv->op_type(), {conv->inputs().begin(), conv->inputs().end()},
      {node.output()->name() + "_pooled"}, std::move(attributes), conv->name(), kFusedDomain);
  fused->output()->type = node.output()->type;
  return Patch{node.output(), fused->output()};
}

}  // namespace headway
