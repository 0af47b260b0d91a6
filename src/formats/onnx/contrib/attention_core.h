#pragma once

#include "formats/onnx/contrib/expansion.h"

namespace headway::onnx {

/// What softmax(scale · q · kᵀ + mask) · v takes; matrices are [batch, heads, tokens, head size].
struct AttentionParts {
  Value *q, *k, *v;
  Value* key_mask = nullptr;  ///< 1 where a key may be seen: [batch, keys], [batch, queries, keys],
                              ///< or how many keys, [batch].
  Value* bias = nullptr;      ///< Added to the scores.
};

/// [batch, tokens, heads · size] as [batch, heads, tokens, size].
Value* split_heads(Expansion& e, Value* value, std::int64_t heads);
/// The inverse.
Value* join_heads(Expansion& e, Value* value);

/// The parts of a tensor along its last axis: as long as `sizes` says, or equally long.
std::vector<Value*> split_last(Expansion& e, Value* value, std::size_t count,
                               const std::vector<std::int64_t>& sizes = {});

/// The result with its heads joined. Reads the attributes scale, unidirectional and
/// mask_filter_value of the node.
Value* attend(Expansion& e, const AttentionParts& parts);

}  // namespace headway::onnx
