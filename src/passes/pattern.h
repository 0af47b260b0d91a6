#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace headway {

/// The node that computes `value` if it is of that operator; nullptr otherwise.
Node* producer(const Value* value, std::string_view op_type, std::string_view domain = "");

/// The same, provided that nothing else reads the value: what the node computes may then be merged
/// into its only reader.
Node* private_producer(const Graph& graph, const Value* value, std::string_view op_type,
                       std::string_view domain = "");

/// True if exactly one node reads the value, once, and it is no graph output.
bool is_private(const Graph& graph, const Value* value);

/// The elements of a float32 constant; nullopt for anything else.
std::optional<std::vector<float>> float_constant(const Value* value);

/// The only element of a float32 constant; nullopt for anything else.
std::optional<float> float_scalar(const Value* value);

/// The elements of an int64 constant; nullopt for anything else.
std::optional<std::vector<std::int64_t>> int_constant(const Value* value);

/// A float32 constant that, broadcast over `rank` axes, varies along axis 1 only: its `channels`
/// factors (a scalar is repeated). nullopt for anything else.
std::optional<std::vector<float>> per_channel_constant(const Value* value, std::size_t rank,
                                                       std::int64_t channels);

/// The two inputs of a commutative node in the order (with, without) what `test` looks for.
struct Sides {
  Value* match;
  Value* other;
};
template <typename Test>
std::optional<Sides> match_either_side(const Node& node, Test&& test) {
  Value *a = node.input(0), *b = node.input(1);
  if (test(a)) return Sides{a, b};
  if (test(b)) return Sides{b, a};
  return std::nullopt;
}

/// Extents along an axis if known and static; -1 otherwise.
std::int64_t static_extent(const Value& value, std::size_t axis);

/// Both types fully known and the same.
bool same_type(const TensorType& a, const TensorType& b);

}  // namespace headway
