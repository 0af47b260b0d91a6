#include <algorithm>

#include "passes/passes.h"
#include "passes/pattern.h"

namespace headway {
namespace {

bool pads_with_zero(const Node& pad) {
  if (pad.get_string("mode", "constant") != "constant") return false;
  return pad.input(2) == nullptr || float_scalar(pad.input(2)) == 0.0f;
}

/// The pads of the spatial axes (begins, then ends); nullopt if other axes are padded or anything
/// is cut off.
std::optional<std::vector<std::int64_t>> spatial_pads(const Node& pad, std::size_t rank) {
  const auto pads = int_constant(pad.input(1));
  if (!pads || pads->size() != 2 * rank || pad.input(3) != nullptr) return std::nullopt;
  if (std::ranges::any_of(*pads, [](std::int64_t p) { return p < 0; })) return std::nullopt;
  std::vector<std::int64_t> spatial;
  for (std::size_t i = 0; i < pads->size(); ++i) {
    if (i % rank >= 2) {
      spatial.push_back((*pads)[i]);
    } else if ((*pads)[i] != 0) {
      return std::nullopt;
    }
  }
  return spatial;
}

std::optional<Patch> propose(Graph& graph, Node& conv) {
  if (!conv.is("Conv") || conv.get_string("auto_pad", "NOTSET") != "NOTSET") return std::nullopt;
  const Node* pad = producer(conv.input(0), "Pad");
  if (pad == nullptr || !pad->input(0)->type.shape || !pads_with_zero(*pad)) return std::nullopt;
  const std::size_t rank = pad->input(0)->type.shape->size();
  const auto extra = spatial_pads(*pad, rank);
  if (!extra || rank < 3) return std::nullopt;

  auto pads = conv.get_ints("pads", std::vector<std::int64_t>(extra->size(), 0));
  std::ranges::transform(pads, *extra, pads.begin(), std::plus{});
  Attributes attributes = conv.attributes;
  attributes["pads"] = pads;
  std::vector<Value*> inputs(conv.inputs().begin(), conv.inputs().end());
  inputs[0] = pad->input(0);
  Node* padded = graph.insert_node(&conv, "Conv", inputs, {conv.output()->name() + "_padded"},
                                   std::move(attributes), conv.name());
  return Patch{conv.output(), padded->output()};
}

}  // namespace

const Pass kFoldPad = {"fold-pad", propose};

}  // namespace headway
