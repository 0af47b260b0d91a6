#include "backends/view.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "ops/fused.h"
#include "ops/select_channels.h"

namespace headway {
namespace {

/// As steps may expect of their operands, in bytes.
constexpr std::size_t kAlignment = 64;

bool is_whole_view(const Node& node) {
  constexpr std::array<std::string_view, 5> kViews = {"Flatten", "Identity", "Reshape", "Squeeze",
                                                      "Unsqueeze"};
  return node.domain().empty() && std::ranges::find(kViews, node.op_type()) != kViews.end();
}

/// True if it lies in memory of the program.
bool is_computed(const Value* value) {
  while (value->producer() != nullptr && view_offset(*value->producer())) {
    value = value->producer()->input(0);
  }
  return value->producer() != nullptr;
}

/// Where the selected channels begin if they are neighbours.
std::optional<std::int64_t> first_of_neighbours(const Node& node) {
  const std::vector<ChannelSource> selected = selected_channels(node);
  const std::int64_t first = selected[0].channel;
  for (std::size_t i = 0; i < selected.size(); ++i) {
    if (selected[i] != ChannelSource{0, first + static_cast<std::int64_t>(i)}) return std::nullopt;
  }
  return first;
}

}  // namespace

std::optional<std::size_t> view_offset(const Node& node) {
  if (is_whole_view(node)) return 0;
  if (!node.is("SelectChannels", kFusedDomain)) return std::nullopt;
  const Shape shape = node.output()->type.static_shape().value();
  const auto first = first_of_neighbours(node);
  if (!first || shape[0] != 1 || *first % shape[4] != 0) return std::nullopt;
  const auto offset =
      static_cast<std::size_t>(*first * shape[2] * shape[3]) * size_of(node.output()->type.dtype);
  if (offset % kAlignment != 0 || !is_computed(node.input(0))) return std::nullopt;
  return offset;
}

}  // namespace headway
