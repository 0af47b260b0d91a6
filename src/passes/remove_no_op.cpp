#include <algorithm>
#include <array>

#include "ops/transpose.h"
#include "passes/passes.h"
#include "passes/pattern.h"

namespace headway {
namespace {

bool is_any_of(const Node& node, std::initializer_list<std::string_view> names) {
  return node.domain().empty() && std::ranges::find(names, node.op_type()) != names.end();
}

bool all_zero(const std::optional<std::vector<std::int64_t>>& values) {
  return values && std::ranges::all_of(*values, [](std::int64_t v) { return v == 0; });
}

bool moves_nothing(const Node& node) {
  const auto& shape = node.input(0)->type.shape;
  if (!shape) return false;
  return std::ranges::is_sorted(transpose_permutation(node, shape->size()));
}

bool does_nothing(const Node& node) {
  const bool same = same_type(node.input(0)->type, node.output(0)->type);
  if (is_any_of(node, {"Identity"})) return true;
  if (is_any_of(node, {"Dropout"})) {
    const auto* training = node.input(2);
    const bool infers = training == nullptr ||
                        (training->is_constant() &&
                         *static_cast<const unsigned char*>(training->constant().raw()) == 0);
    return infers && (node.output(1) == nullptr || node.output(1)->users().empty());
  }
  if (is_any_of(node, {"Concat", "Sum", "Mean", "Max", "Min"})) return node.inputs().size() == 1;
  if (is_any_of(node, {"Transpose"})) return moves_nothing(node);
  if (is_any_of(node, {"Pad"})) return same && all_zero(int_constant(node.input(1)));
  return same && is_any_of(node, {"Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Expand"});
}

std::optional<Patch> propose(Graph& graph, Node& node) {
  if (node.input(0) == nullptr || node.output(0) == nullptr || !does_nothing(node)) {
    return std::nullopt;
  }
  const bool second_is_public = node.output(1) != nullptr && graph.is_output(node.output(1));
  if (second_is_public) return std::nullopt;
  return Patch{node.output(0), node.input(0)};
}

}  // namespace

const Pass kRemoveNoOp = {"remove-no-op", propose};

}  // namespace headway
