#include "formats/onnx/contrib/contrib.h"

#include <algorithm>
#include <iterator>

#include "formats/onnx/contrib/families.h"

namespace headway::onnx {
namespace {

std::vector<ContribOperator> collect() {
  std::vector<ContribOperator> all;
  for (const auto family :
       {contrib_activations, contrib_attention, contrib_block_quantized, contrib_fused,
        contrib_normalization, contrib_plain, contrib_quantized}) {
    std::ranges::move(family(), std::back_inserter(all));
  }
  std::ranges::sort(all, {}, &ContribOperator::name);
  return all;
}

void check_attributes(const Node& node, const ContribOperator& op) {
  for (const auto& [name, attribute] : node.attributes) {
    if (std::ranges::find(op.attributes, name) == op.attributes.end()) {
      fail(ErrorCode::kUnsupported, node.described(), ": its attribute '", name,
           "' is not supported");
    }
  }
}

}  // namespace

std::span<const ContribOperator> contrib_operators() {
  static const std::vector<ContribOperator> operators = collect();
  return operators;
}

bool expand_contrib_operator(Graph& graph, Node* node, Ranks& ranks) {
  if (node->domain() == "com.microsoft.nchwc") {
    fail(ErrorCode::kUnsupported, node->described(), ": the weights of ", node->domain(),
         " lie as the machine that wrote the file wanted them; let ONNX Runtime optimize with ",
         "ORT_ENABLE_EXTENDED, not ORT_ENABLE_ALL, before it saves the model");
  }
  const auto all = contrib_operators();
  const auto found = std::ranges::find_if(
      all, [&](const ContribOperator& op) { return node->is(op.name, op.domain); });
  if (found == all.end()) return false;
  check_attributes(*node, *found);
  Expansion expansion(graph, node, ranks);
  found->expand(expansion);
  expansion.finish();
  return true;
}

}  // namespace headway::onnx
