#include <algorithm>

#include "ops/transpose.h"
#include "passes/passes.h"
#include "passes/pattern.h"

namespace headway {
namespace {

/// A Transpose that keeps the order of all axes longer than 1 moves nothing.
std::optional<Patch> propose(Graph& graph, Node& node) {
  if (!node.is("Transpose")) return std::nullopt;
  const auto input = node.input(0)->type.static_shape(),
             output = node.output()->type.static_shape();
  if (!input || !output) return std::nullopt;
  std::vector<std::size_t> long_axes;
  for (const std::size_t axis : transpose_permutation(node, input->size())) {
    if ((*input)[axis] != 1) long_axes.push_back(axis);
  }
  if (!std::ranges::is_sorted(long_axes)) return std::nullopt;
  Value* extents =
      graph.add_constant(node.output()->name() + "_shape",
                         Tensor::from<std::int64_t>({static_cast<std::int64_t>(output->size())},
                                                    std::span<const std::int64_t>(*output)));
  Node* reshape = graph.insert_node(&node, "Reshape", {node.input(0), extents},
                                    {node.output()->name() + "_reshape"},
                                    {{"allowzero", std::int64_t{1}}}, node.name());
  return Patch{node.output(), reshape->output()};
}

}  // namespace

const Pass kTransposeToReshape = {"transpose-to-reshape", propose};

}  // namespace headway
