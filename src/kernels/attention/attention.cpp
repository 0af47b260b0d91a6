#include "kernels/attention/attention.h"

#include <algorithm>
#include <cstring>
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

template <int kFloats>
void copy_rows(std::int64_t rows, const float* from, std::int64_t stride, float* to) {
  for (; rows > 0; --rows, from += stride, to += kFloats)
    std::memcpy(to, from, kFloats * sizeof(float));
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
  float* keys;     ///< Panels of [depth × panel], transposed; the last may have half the columns.
  float* values;   ///< Panels of [keys × panel].
  float* queries;  ///< [queries × depth], unless they are read in place.
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
      values_(round_up(shape.value_size, panel_)),
      query_stride_(depth_ == shape.head_size ? shape.q.token : depth_) {
  const std::int64_t heads = shape.batch * shape.heads;
  query_parts_ = std::clamp<std::int64_t>((threads + heads - 1) / heads, 1, shape.queries);
  workers_ = static_cast<int>(std::min<std::int64_t>(threads, heads * query_parts_));
  const std::int64_t deepest = std::max(depth_, kKeyBlock);
  for (std::int64_t i = 0; i < deepest; i += kStep) {
    offsets_.push_back(i * static_cast<std::int64_t>(sizeof(float)));
  }
  const int highest = max_brgemm_rows(kVectors, *loops_);
  for (int rows = 1; rows <= highest; ++rows) {
    BrgemmShape score{.rows = rows, .vectors = kVectors, .k = static_cast<int>(kStep)};
    score.c_vector_stride = loops_->width;
    BrgemmShape values = score;
    score.a_row_stride = query_stride_;
    score.c_row_stride = kKeyBlock;
    values.a_row_stride = kKeyBlock;
    values.c_row_stride = values_;
    BrgemmShape score_of_vector = score, values_to_others = values;
    score_of_vector.vectors = 1;
    values_to_others.accumulate = true;
    tiles_.push_back({tiles.get(score), tiles.get(score_of_vector), tiles.get(values),
                      tiles.get(values_to_others)});
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
    const std::int64_t columns = there <= loops_->width ? loops_->width : panel_;
    if (there < columns || depth_ > shape_.head_size) std::fill_n(packed, depth_ * columns, 0.0F);
    loops_->transpose(there, shape_.head_size, k + key * shape_.k.token, shape_.k.token, packed,
                      columns);
  }
}

void Attention::pack_values(const float* v, float* packed) const noexcept {
  const std::int64_t padded = round_up(shape_.keys, panel_);
  const auto copy = panel_ == 32 ? copy_rows<32> : panel_ == 16 ? copy_rows<16> : copy_rows<8>;
  for (std::int64_t column = 0; column < shape_.value_size; column += panel_) {
    const std::int64_t there = std::min(panel_, shape_.value_size - column);
    if (there == panel_) {
      copy(shape_.keys, v + column, shape_.v.token, packed);
    } else {
      for (std::int64_t key = 0; key < shape_.keys; ++key) {
        float* row = packed + key * panel_;
        std::copy_n(v + key * shape_.v.token + column, there, row);
        std::fill(row + there, row + panel_, 0.0F);
      }
    }
    std::fill(packed + shape_.keys * panel_, packed + padded * panel_, 0.0F);
    packed += padded * panel_;
  }
}

void Attention::attend_block(const Operands& operands, std::int64_t batch, std::int64_t head,
                             std::int64_t first_query, std::int64_t queries,
                             const Scratch& scratch) const noexcept {
  const float* q = at(operands.q, shape_.q, batch, head, first_query);
  if (depth_ > shape_.head_size) {
    for (std::int64_t i = 0; i < queries; ++i) {
      float* to = scratch.queries + i * depth_;
      std::copy_n(q + i * shape_.q.token, shape_.head_size, to);
      std::fill(to + shape_.head_size, to + depth_, 0.0F);
    }
    q = scratch.queries;
  }
  std::fill_n(scratch.largest, queries, -std::numeric_limits<float>::infinity());
  std::fill_n(scratch.total, queries, 0.0F);
  const AttentionKeys& limits = operands.limits;
  const std::int64_t last_key = limits.visible(first_query + queries - 1);
  if (last_key == 0) std::fill_n(scratch.sums, queries * values_, 0.0F);
  for (std::int64_t key = 0; key < last_key; key += kKeyBlock) {
    const std::int64_t keys = std::min(kKeyBlock, last_key - key);
    score(q, queries, key, keys, scratch);
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

void Attention::score(const float* queries, std::int64_t count, std::int64_t first_key,
                      std::int64_t keys, const Scratch& scratch) const noexcept {
  const int highest = max_brgemm_rows(kVectors, *loops_);
  BrgemmCall call{.a_offsets = offsets_.data(), .batch = depth_ / kStep};
  for (std::int64_t column = 0; column < keys; column += panel_) {
    call.b = scratch.keys + (first_key + column) * depth_;
    const bool is_half = shape_.keys - first_key - column <= loops_->width;
    for_tiles(count, highest, [&](std::int64_t row, std::int64_t rows) {
      call.a = queries + row * query_stride_;
      call.c = scratch.scores + row * kKeyBlock + column;
      const Tiles& tiles = tiles_[static_cast<std::size_t>(rows - 1)];
      (is_half ? tiles.score_of_vector : tiles.score)(call);
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
    const float scale = finish_scores(mask ? mask + i * shape_.mask.token : nullptr, keys, scores);
    const float before = scratch.largest[i];
    const ReduceOp furthest = scale < 0 ? ReduceOp::kMin : ReduceOp::kMax;
    const float largest = std::max(before, loops_->reduce_row(furthest, keys, scores) * scale);
    const float shift = largest == kNone ? 0.0F : largest;  // All masked: no weight at all.
    scratch.largest[i] = largest;
    const float sum = loops_->exp_sum_row(keys, scale, shift, scores, scores);
    std::fill(scores + keys, scores + padded, 0.0F);
    if (before == largest || range.first == 0) {
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

/// Caps and masks them; returns the factor that is left to be applied.
float Attention::finish_scores(const float* mask, std::int64_t keys, float* scores) const noexcept {
  float scale = shape_.scale;
  if (shape_.softcap > 0) {
    loops_->scale_shift(keys, scores, scale / shape_.softcap, 0.0F, scores);
    loops_->unary({UnaryOp::kTanh, 0, 0}, keys, scores, scores);
    scale = shape_.softcap;
  }
  if (mask == nullptr) return scale;
  loops_->scale_add(keys, scores, scale, mask, static_cast<int>(shape_.mask.element), scores);
  return 1;
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
      const Tiles& tiles = tiles_[static_cast<std::size_t>(rows - 1)];
      (first_key == 0 ? tiles.values : tiles.values_to_others)(call);
    });
  }
}

}  // namespace headway
