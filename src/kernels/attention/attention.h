#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/brgemm/brgemm.h"
#include "kernels/context.h"
#include "kernels/range.h"

namespace headway {

/// Where element (b, h, t, i) of an operand lies: offset + b · batch + h · head + t · token +
/// i · element, in floats.
struct AttentionOperand {
  std::int64_t offset = 0, batch = 0, head = 0, token = 0;
  std::int64_t element = 1;  ///< 0 only for a mask that is the same for all keys.
};

struct AttentionShape {
  std::int64_t batch = 1, heads = 1, queries = 1, keys = 1;
  std::int64_t head_size = 1;   ///< Of queries and keys.
  std::int64_t value_size = 1;  ///< Of values and results.
  float scale = 1;              ///< Of the scores, before the mask is added.
  AttentionOperand q, k, v, mask, y;
  float softcap = 0;  ///< If positive, scores become softcap · tanh(score / softcap).
};

/// Which keys there are for a query besides those that the mask hides.
struct AttentionKeys {
  std::int64_t valid = 0;  ///< Keys from this one on are not looked at.
  bool causal = false;     ///< Query t sees no key after t + offset.
  std::int64_t offset = 0;
  bool zero_if_none = false;  ///< A query that sees no key gives zeros rather than NaN.

  std::int64_t visible(std::int64_t query) const noexcept {
    return causal ? std::clamp<std::int64_t>(query + offset + 1, 0, valid) : valid;
  }
};

/// y(b, h, t) = Σ_s softmax_s(scale · q(b, h, t) · k(b, h, s) + mask(b, h, t, s)) · v(b, h, s).
/// Scores are computed for a block of queries and keys at a time, with a running maximum and sum
/// (Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018; Dao et al.,
/// "FlashAttention", 2022), so that they never leave the caches. Immutable; holds no data.
class Attention {
 public:
  /// `tiles` must outlive it.
  Attention(const AttentionShape& shape, BrgemmSet& tiles, int threads);

  /// Bytes of scratch memory that run needs, 64-byte aligned.
  std::size_t scratch_bytes() const noexcept;

  /// `mask` may be null.
  void run(const KernelContext& context, const float* q, const float* k, const float* v,
           const float* mask, float* y, void* scratch) const noexcept {
    run(context, q, k, v, mask, {.valid = shape_.keys}, y, scratch);
  }
  void run(const KernelContext& context, const float* q, const float* k, const float* v,
           const float* mask, const AttentionKeys& keys, float* y, void* scratch) const noexcept;

 private:
  struct Operands;
  struct Head;
  struct Scratch;
  /// Tiles of two vectors and of one, by rows.
  using Tiles = std::array<std::vector<Brgemm>, 2>;

  bool is_narrow(std::int64_t size, std::int64_t first) const noexcept;
  std::int64_t padded_keys() const noexcept;
  std::int64_t scratch_floats() const noexcept;
  Scratch scratch_of(float* memory) const noexcept;
  Head head_of(const Operands& operands, std::int64_t index) const noexcept;
  void attend(const Operands& operands, Range tasks, const Scratch& scratch) const noexcept;
  void pack_keys(const float* k, std::int64_t keys, float* packed) const noexcept;
  void pack_values(const float* v, std::int64_t keys, float* packed) const noexcept;
  void attend_block(const Head& head, const Head& next, const AttentionKeys& limits,
                    std::int64_t first_query, std::int64_t queries,
                    const Scratch& scratch) const noexcept;
  void score(std::int64_t queries, std::int64_t first_key, std::int64_t keys,
             const Scratch& scratch) const noexcept;
  void weigh(const Head& head, const Head& next, const AttentionKeys& limits, Range queries,
             Range keys, const Scratch& scratch) const noexcept;
  void fetch_share(const Head& head, std::int64_t query) const noexcept;
  void add_values(std::int64_t queries, std::int64_t first_key, std::int64_t keys,
                  const Scratch& scratch) const noexcept;

  AttentionShape shape_;
  const InnerLoops* loops_;
  std::int64_t panel_;        ///< Columns of a register tile.
  std::int64_t depth_;        ///< head_size and
  std::int64_t values_;       ///< value_size, padded.
  std::int64_t query_parts_;  ///< Of one head, so that all threads have work.
  int workers_;
  bool fetches_;  ///< The operands of the next head, which fit into the cache beside this one's.
  std::vector<std::int64_t> offsets_;
  Tiles score_tiles_;
  Tiles value_tiles_[2];  ///< [adds to earlier sums]
};

}  // namespace headway
