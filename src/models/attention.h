#pragma once

#include <cstdint>

#include "models/builder.h"

namespace headway::models {

/// Of queries and keys: scores vary so much that a token attends to about one in ten.
inline constexpr double kQueryVariance = 1.5;

struct Attention {
  std::int64_t heads;
  double scale;           ///< Of the queries.
  std::int64_t tokens;    ///< That a query sees, about.
  std::size_t rank = 3;   ///< Of queries, keys and values: [N, ..., tokens, channels].
  Value* mask = nullptr;  ///< Added to the scores [N, ..., heads, tokens, tokens].
  Value* cosine_scale =
      nullptr;  ///< Queries and keys get length 1, then the queries are multiplied
                ///< by it instead of `scale` (Liu et al. 2022, section 3.3).

  /// softmax(scale q k^T + mask) v, the heads side by side, of [N, ..., tokens, channels].
  Value* build(ModelBuilder& b, Value* query, Value* key, Value* value) const;

 private:
  Value* scores(ModelBuilder& b, Value* query, Value* key) const;
  Value* split_heads(ModelBuilder& b, std::string_view name, Value* x) const;
};

}  // namespace headway::models
