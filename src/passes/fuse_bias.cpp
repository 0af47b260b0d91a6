#include "passes/fusable.h"
#include "passes/passes.h"
#include "passes/pattern.h"

namespace headway {
namespace {

constexpr std::size_t kBias = 2;

/// A constant that varies along the last axis only, where the product has `columns`.
bool is_row(const Value* value, std::int64_t columns) {
  if (!value->is_constant()) return false;
  const Shape& shape = value->constant().shape();
  return shape.size() == 1 && shape[0] == columns;
}

/// The bias of a linear layer: MatMul, then Add of a vector.
std::optional<Patch> propose(Graph& graph, Node& node) {
  if (!node.is("Add")) return std::nullopt;
  const auto sides = match_either_side(node, [&](const Value* value) {
    return private_producer(graph, value, "MatMul") != nullptr;
  });
  if (!sides || !sides->match->type.shape || sides->match->type.shape->empty()) return std::nullopt;
  const std::int64_t columns = static_extent(*sides->match, sides->match->type.shape->size() - 1);
  if (!is_row(sides->other, columns)) return std::nullopt;
  auto fusable = fusable_producer(graph, sides->match);
  if (!fusable) return std::nullopt;
  fusable->inputs[kBias] = sides->other;
  return Patch{node.output(), insert_fused(graph, node, std::move(*fusable), *node.output())};
}

}  // namespace

const Pass kFuseBias = {"fuse-bias", propose};

}  // namespace headway
