#include "kernels/attention/attention.h"

#include <algorithm>
#include <limits>

#include "kernels/range.h"

namespace headway {
namespace {

constexpr int kVectors = 2;
/// Depth of one product; keys and head sizes are padded to multiples of it.
constexpr std::int64_t kStep = 4;
/// A block of scores, 56 KB, and what it is made of stay in the second-level cache.
constexpr std::int64_t kKeyBlock = 256, kQueryBlock = 56;

std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// Calls visit(first row, rows) for tiles of nearly equal height.
template <typename Visit>
void for_tiles(std::int64_t rows, std::int64_t highest, const Visit& visit) {
  const std::int64_t tiles = (rows + highest - 1) / highest;
  for (std::int64_t i = 0; i < tiles; ++i) {
    const Range tile = part_of(rows, i, tiles);
    visit(tile.first, tile.last - tile.first);
  }
}

const float* at(const float* data, const AttentionOperand& operand, std::int64_t batch,
                std::int64_t head, std::int64_t token) {
  return data + operand.offset + batch * operand.batch + head * operand.head +
         token * operand.token;
}

}  // namespace

struct Attention::Operands {
  const float *q, *k, *v, *mask;
  AttentionKeys limits;
  float* y;
};

struct Attention::Scratch {
  float* keys;     ///< Panels of [depth × panel], transposed.
  float* values;   ///< Panels of [keys × panel].
  float* queries;  ///< [queries × depth], scaled.
  float* scores;   ///< [queries × kKeyBlock]
  float* sums;     ///< [queries × values]: weighted values so far,
  float* largest;  ///< the greatest score
  float* total;    ///< and the sum of the weights, per query.
};

Attention::Attention(const AttentionShape& shape, BrgemmSet& tiles, int threads)
    : shape_(shape),
      loops_(&tiles.loops()),
      panel_(std::int64_t{kVectors} * tiles.loops().width),
      depth_(round_up(shape.head_size, kStep)),
      values_(round_up(shape.value_size, panel_)) {
  const std::int64_t heads = shape.batch * shape.heads;
  query_parts_ = std::clamp<std::int64_t>((threads + heads - 1) / heads, 1, shape.queries);
  workers_ = static_cast<int>(std::min<std::int64_t>(threads, heads * query_parts_));
  const std::int64_t deepest = std::max(depth_, kKeyBlock);
  for (std::int64_t i = 0; i < deepest; i += kStep) {
    offsets_.push_back(i * static_cast<std::int64_t>(sizeof(float)));
  }
  BrgemmShape tile{.vectors = kVectors, .k = static_cast<int>(kStep)};
  const int highest = max_brgemm_rows(kVectors, *loops_);
  for (tile.rows = 1; tile.rows <= highest; ++tile.rows) {
    tile.c_vector_stride = loops_->width;
    tile.a_row_stride = depth_;
    tile.c_row_stride = kKeyBlock;
    tile.accumulate = false;
    score_tiles_.push_back(tiles.get(tile));
    tile.a_row_stride = kKeyBlock;
    tile.c_row_stride = values_;
    tile.accumulate = true;
    value_tiles_.push_back(tiles.get(tile));
  }
}

std::int64_t Attention::scratch_floats() const noexcept {
  const std::int64_t keys = round_up(shape_.keys, panel_);
  const std::int64_t per_query = depth_ + kKeyBlock + values_ + 2;
  return round_up(keys * (depth_ + values_) + kQueryBlock * per_query, 16);
}

std::size_t Attention::scratch_bytes() const noexcept {
  return static_cast<std::size_t>(workers_ * scratch_floats()) * sizeof(float);
}

Attention::Scratch Attention::scratch_of(float* memory) const noexcept {
  const std::int64_t keys = round_up(shape_.keys, panel_);
  Scratch scratch{};
  scratch.keys = memory;
  scratch.values = scratch.keys + keys * depth_;
  scratch.scores = scratch.values + keys * values_;
  scratch.sums = scratch.scores + kQueryBlock * kKeyBlock;
  scratch.queries = scratch.sums + kQueryBlock * values_;
  scratch.largest = scratch.queries + kQueryBlock * depth_;
  scratch.total = scratch.largest + kQueryBlock;
  return scratch;
}

void Attention::run(const KernelContext& context, const float* q, const float* k, const float* v,
                    const float* mask, const AttentionKeys& keys, float* y,
                    void* scratch) const noexcept {
  const Operands operands{q, k, v, mask, keys, y};
  const std::int64_t tasks = shape_.batch * shape_.heads * query_parts_;
  context.pool.parallel_for(workers_, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t worker = first; worker < last; ++worker) {
      const Scratch mine = scratch_of(static_cast<float*>(scratch) + worker * scratch_floats());
      const Range range = part_of(tasks, worker, workers_);
      for (std::int64_t task = range.first; task < range.last; ++task) {
        const std::int64_t head = task / query_parts_;
        const Range part = part_of(shape_.queries, task % query_parts_, query_parts_);
        attend(operands, head / shape_.heads, head % shape_.heads, part.first, part.last, mine);
      }
    }
  });
}

void Attention::attend(const Operands& operands, std::int64_t batch, std::int64_t head,
                       std::int64_t first_query, std::int64_t last_query,
                       const Scratch& scratch) const noexcept {
  pack_keys(at(operands.k, shape_.k, batch, head, 0), scratch.keys);
  pack_values(at(operands.v, shape_.v, batch, head, 0), scratch.values);
  for_tiles(last_query - first_query, kQueryBlock, [&](std::int64_t first, std::int64_t queries) {
    attend_block(operands, batch, head, first_query + first, queries, scratch);
  });
}

void Attention::pack_keys(const float* k, float* packed) const noexcept {
  for (std::int64_t key = 0; key < shape_.keys; key += panel_, packed += depth_ * panel_) {
    const std::int64_t there = std::min(panel_, shape_.keys - key);
    if (there < panel_ || depth_ > shape_.head_size) std::fill_n(packed, depth_ * panel_, 0.0F);
    loops_->transpose(there, shape_.head_size, k + key * shape_.k.token, shape_.k.token, packed,
                      panel_);
  }
}

void Attention::pack_values(const float* v, float* packed) const noexcept {
  const std::int64_t keys = round_up(shape_.keys, panel_);
  for (std::int64_t column = 0; column < shape_.value_size; column += panel_) {
    const std::int64_t there = std::min(panel_, shape_.value_size - column);
    for (std::int64_t key = 0; key < keys; ++key, packed += panel_) {
      std::int64_t copied = 0;
      if (key < shape_.keys) {
        std::copy_n(v + key * shape_.v.token + column, there, packed);
        copied = there;
      }
      std::fill(packed + copied, packed + panel_, 0.0F);
    }
  }
}

void Attention::attend_block(const Operands& operands, std::int64_t batch, std::int64_t head,
                             std::int64_t first_query, std::int64_t queries,
                             const Scratch& scratch) const noexcept {
  for (std::int64_t i = 0; i < queries; ++i) {
    float* to = scratch.queries + i * depth_;
    loops_->scale_shift(shape_.head_size, at(operands.q, shape_.q, batch, head, first_query + i),
                        shape_.scale, 0.0F, to);
    std::fill(to + shape_.head_size, to + depth_, 0.0F);
  }
  std::fill_n(scratch.sums, queries * values_, 0.0F);
  std::fill_n(scratch.largest, queries, -std::numeric_limits<float>::infinity());
  std::fill_n(scratch.total, queries, 0.0F);
  const AttentionKeys& limits = operands.limits;
  const std::int64_t last_key = limits.visible(first_query + queries - 1);
  for (std::int64_t key = 0; key < last_key; key += kKeyBlock) {
    const std::int64_t keys = std::min(kKeyBlock, last_key - key);
    score(queries, key, keys, scratch);
    const float* mask = operands.mask ? at(operands.mask, shape_.mask, batch, head, first_query) +
                                            key * shape_.mask.element
                                      : nullptr;
    normalize(mask, limits, {first_query, first_query + queries}, {key, key + keys}, scratch);
    add_values(queries, key, keys, scratch);
  }
  for (std::int64_t i = 0; i < queries; ++i) {
    float* y = operands.y + (at(operands.y, shape_.y, batch, head, first_query + i) - operands.y);
    const bool is_zero = limits.zero_if_none && scratch.total[i] == 0.0F;
    loops_->scale_shift(shape_.value_size, scratch.sums + i * values_,
                        is_zero ? 0.0F : 1.0F / scratch.total[i], 0.0F, y);
  }
}

void Attention::score(std::int64_t queries, std::int64_t first_key, std::int64_t keys,
                      const Scratch& scratch) const noexcept {
  const int highest = max_brgemm_rows(kVectors, *loops_);
  BrgemmCall call{.a_offsets = offsets_.data(), .batch = depth_ / kStep};
  for (std::int64_t column = 0; column < keys; column += panel_) {
    call.b = scratch.keys + (first_key + column) * depth_;
    for_tiles(queries, highest, [&](std::int64_t row, std::int64_t rows) {
      call.a = scratch.queries + row * depth_;
      call.c = scratch.scores + row * kKeyBlock + column;
      score_tiles_[static_cast<std::size_t>(rows - 1)](call);
    });
  }
}

/// Turns a block of scores into weights relative to the greatest score so far, and what was summed
/// before with them.
void Attention::normalize(const float* mask, const AttentionKeys& limits, Range queries,
                          Range range, const Scratch& scratch) const noexcept {
  constexpr float kNone = -std::numeric_limits<float>::infinity();
  const std::int64_t padded = round_up(range.last - range.first, kStep);
  for (std::int64_t i = 0; i < queries.last - queries.first; ++i) {
    float* scores = scratch.scores + i * kKeyBlock;
    const std::int64_t end = std::min(range.last, limits.visible(queries.first + i));
    const std::int64_t keys = std::max<std::int64_t>(end - range.first, 0);
    if (keys == 0) {
      std::fill_n(scores, padded, 0.0F);
      continue;
    }
    if (shape_.softcap > 0) cap(keys, scores);
    if (mask) {
      loops_->binary(BinaryOp::kAdd, keys, scores, 1, mask + i * shape_.mask.token,
                     static_cast<int>(shape_.mask.element), scores);
    }
    const float before = scratch.largest[i];
    const float largest = std::max(before, loops_->reduce_row(ReduceOp::kMax, keys, scores));
    const float shift = largest == kNone ? 0.0F : largest;  // All masked: no weight at all.
    scratch.largest[i] = largest;
    const float sum = loops_->exp_sum_row(keys, shift, scores, scores);
    std::fill(scores + keys, scores + padded, 0.0F);
    if (before == largest) {
      scratch.total[i] += sum;
      continue;
    }
    float shrink = before - shift;
    loops_->unary({UnaryOp::kExp, 0, 0}, 1, &shrink, &shrink);
    scratch.total[i] = scratch.total[i] * shrink + sum;
    float* sums = scratch.sums + i * values_;
    loops_->scale_shift(values_, sums, shrink, 0.0F, sums);
  }
}

void Attention::cap(std::int64_t keys, float* scores) const noexcept {
  loops_->scale_shift(keys, scores, 1.0F / shape_.softcap, 0.0F, scores);
  loops_->unary({UnaryOp::kTanh, 0, 0}, keys, scores, scores);
  loops_->scale_shift(keys, scores, shape_.softcap, 0.0F, scores);
}

void Attention::add_values(std::int64_t queries, std::int64_t first_key, std::int64_t keys,
                           const Scratch& scratch) const noexcept {
  const int highest = max_brgemm_rows(kVectors, *loops_);
  const std::int64_t panel_size = round_up(shape_.keys, panel_) * panel_;
  BrgemmCall call{.a_offsets = offsets_.data(), .batch = round_up(keys, kStep) / kStep};
  for (std::int64_t column = 0; column < shape_.value_size; column += panel_) {
    call.b = scratch.values + column / panel_ * panel_size + first_key * panel_;
    for_tiles(queries, highest, [&](std::int64_t row, std::int64_t rows) {
      call.a = scratch.scores + row * kKeyBlock;
      call.c = scratch.sums + row * values_ + column;
      value_tiles_[static_cast<std::size_t>(rows - 1)](call);
    });
  }
}

}  // namespace headway
