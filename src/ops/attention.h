#pragma once

#include "graph/graph.h"

// Scaled dot-product attention, made by passes from matrix products around a Softmax:
//
//   headway.FusedAttention(Q, K, V, M?) -> Y
//     Y(b, h, t, j) = Σ_s softmax_s(scale · Σ_i Q(b, h, t, i) · K(b, h, s, i) + M(b, h, t, s)) ·
//                     V(b, h, s, j)
//
// for batch entry b, head h, query t and key s. The operands are read where they lie, be it in one
// packed tensor or with the heads side by side in a row: element (b, h, t, i) of Q is element
// offset + b · batch + h · head + t · token + i of its tensor in row-major order.
//
// Attributes, all but scale required; the lists hold integers:
//   extents       [batch, heads, queries, keys, head size, head size of V]
//   q_strides     [offset, batch, head, token]; so k_strides and v_strides
//   y_strides     [0, batch, head, token]; every element of Y is written exactly once
//   m_strides     [offset, batch, head, query, key], 0 where M is repeated, key 0 or 1; if there is
//   M output_shape  of Y scale         float (default 1)

namespace headway {

struct AttentionStrides {
  std::int64_t offset = 0, batch = 0, head = 0, token = 0;
  std::int64_t element = 1;  ///< Of the mask 0 or 1.

  friend bool operator==(const AttentionStrides&, const AttentionStrides&) = default;
};

struct AttentionLayout {
  std::int64_t batch = 1, heads = 1, queries = 1, keys = 1, head_size = 1, value_size = 1;
  AttentionStrides q, k, v, mask, y;
  Shape output_shape;
  float scale = 1.0f;
};

/// Reads the attributes. Throws Error(kInvalidModel) naming the node if a list has another length
/// or describes elements that its tensor cannot have.
AttentionLayout attention_layout(const Node& node);

Attributes attention_attributes(const AttentionLayout& layout, bool has_mask);

}  // namespace headway
