#pragma once

#include <cstddef>
#include <unordered_map>

#include "graph/graph.h"

namespace headway::torchscript {

/// What PyTorch writes as one operator and ONNX as several.
enum class PatternKind {
  kSilu,       ///< x * sigmoid(x)
  kHardSwish,  ///< x * hardsigmoid(x)
  kGelu,       ///< x / 2 * (1 + erf(x / sqrt 2))
  kLinear,     ///< matmul with a constant matrix, then a constant bias
};

struct Pattern {
  PatternKind kind;
  const Value* input;
  const Value* weight = nullptr;
  const Value* bias = nullptr;
  bool is_transposed = false;  ///< The weight is [outputs, inputs], as linear wants it.
};

/// The patterns of a graph, by their last node.
struct Patterns {
  std::unordered_map<const Node*, Pattern> roots;
  /// The other nodes of patterns, which compute nothing else, and their roots.
  std::unordered_map<const Node*, const Node*> inner;
  /// How often `value` is read, a pattern counting as one reader.
  std::size_t uses_of(const Value& value) const;
};

Patterns find_patterns(const Graph& graph);

}  // namespace headway::torchscript
