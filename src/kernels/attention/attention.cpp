#include "kernels/attention/attention.h"

#include <cstring>
#include <limits>

namespace headway {
namespace {

constexpr int kVectors = 2;
/// Depth of one product; keys and head sizes are padded to multiples of it.
constexpr std::int64_t kStep = 4;
/// A block of scores, 56 KB, and what it is made of stay in the second-level cache.
constexpr std::int64_t kKeyBlock = 256, kQueryBlock = 56;
/// Floats of one head's operands that are fetched ahead: half of a small second-level cache.
constexpr std::int64_t kFetchedFloats = 96 * 1024;
constexpr std::int64_t kLineFloats = 16;
constexpr float kNone = -std::numeric_limits<float>::infinity();

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

/// Copies `size` floats, with zeros after them. Most sizes are whole lines.
void copy_padded(const float* from, std::int64_t size, std::int64_t padded, float* to) {
  std::int64_t i = 0;
  for (; i + kLineFloats <= size; i += kLineFloats) {
    std::memcpy(to + i, from + i, kLineFloats * sizeof(float));
  }
  for (; i < size; ++i) to[i] = from[i];
  for (; i < padded; ++i) to[i] = 0.0F;
}

void fetch_row(const float* row, std::int64_t size) {
  for (std::int64_t i = 0; i < size; i += kLineFloats) __builtin_prefetch(row + i, 0, 2);
}

template <typename Float>
Float* at(Float* data, const AttentionOperand& operand, std::int64_t batch, std::int64_t head) {
  return data + operand.offset + batch * operand.batch + head * operand.head;
}

}  // namespace

struct Attention::Operands {
  const float *q, *k, *v, *mask;
  AttentionKeys limits;
  float* y;
};

/// Where token 0 of a head's operands is.
struct Attention::Head {
  const float *q = nullptr, *k = nullptr, *v = nullptr, *mask = nullptr;
  float* y = nullptr;
};

struct Attention::Scratch {
  float* keys;     ///< Panels of [depth × panel], transposed.
  float* values;   ///< Panels of [keys × panel].
  float* queries;  ///< [queries × depth]
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
      values_(round_up(shape.value_size, tiles.loops().width)) {
  const std::int64_t heads = shape.batch * shape.heads;
  query_parts_ = std::clamp<std::int64_t>((threads + heads - 1) / heads, 1, shape.queries);
  workers_ = static_cast<int>(std::min<std::int64_t>(threads, heads * query_parts_));
  fetches_ = shape.keys * (depth_ + values_) + shape.queries * depth_ <= kFetchedFloats;
  const std::int64_t deepest = std::max(depth_, kKeyBlock);
  for (std::int64_t i = 0; i < deepest; i += kStep) {
    offsets_.push_back(i * static_cast<std::int64_t>(sizeof(float)));
  }
  const int highest = max_brgemm_rows(kVectors, *loops_);
  for (const bool narrow : {false, true}) {
    BrgemmShape tile{.vectors = narrow ? 1 : kVectors, .k = static_cast<int>(kStep)};
    for (tile.rows = 1; tile.rows <= highest; ++tile.rows) {
      tile.c_vector_stride = loops_->width;
      tile.a_row_stride = depth_;
      tile.c_row_stride = kKeyBlock;
      tile.accumulate = false;
      score_tiles_[narrow].push_back(tiles.get(tile));
      tile.a_row_stride = kKeyBlock;
      tile.c_row_stride = values_;
      for (const bool adds : {false, true}) {
        tile.accumulate = adds;
        value_tiles_[adds][narrow].push_back(tiles.get(tile));
      }
    }
  }
}

/// Whether the panel that begins there has one vector only.
bool Attention::is_narrow(std::int64_t size, std::int64_t first) const noexcept {
  return size - first <= loops_->width;
}

std::int64_t Attention::padded_keys() const noexcept {
  return round_up(shape_.keys, loops_->width);
}

std::int64_t Attention::scratch_floats() const noexcept {
  const std::int64_t per_query = depth_ + kKeyBlock + values_ + 2;
  return round_up(padded_keys() * (depth_ + values_) + kQueryBlock * per_query, kLineFloats);
}

std::size_t Attention::scratch_bytes() const noexcept {
  return static_cast<std::size_t>(workers_ * scratch_floats()) * sizeof(float);
}

Attention::Scratch Attention::scratch_of(float* memory) const noexcept {
  Scratch scratch{};
  scratch.keys = memory;
  scratch.values = scratch.keys + padded_keys() * depth_;
  scratch.scores = scratch.values + padded_keys() * values_;
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
      attend(operands, part_of(tasks, worker, workers_),
             scratch_of(static_cast<float*>(scratch) + worker * scratch_floats()));
    }
  });
}

Attention::Head Attention::head_of(const Operands& operands, std::int64_t index) const noexcept {
  const std::int64_t batch = index / shape_.heads, head = index % shape_.heads;
  return {at(operands.q, shape_.q, batch, head), at(operands.k, shape_.k, batch, head),
          at(operands.v, shape_.v, batch, head),
          operands.mask ? at(operands.mask, shape_.mask, batch, head) : nullptr,
          at(operands.y, shape_.y, batch, head)};
}

/// A task is a part of a head's queries. Heads may share keys and values, which are packed once.
void Attention::attend(const Operands& operands, Range tasks,
                       const Scratch& scratch) const noexcept {
  const AttentionKeys& limits = operands.limits;
  const float *packed_k = nullptr, *packed_v = nullptr;
  for (std::int64_t task = tasks.first; task < tasks.last; ++task) {
    const std::int64_t index = task / query_parts_;
    const Head head = head_of(operands, index);
    const bool fetches = fetches_ && task + 1 < tasks.last;
    const Head next = fetches ? head_of(operands, (task + 1) / query_parts_) : Head{};
    if (head.k != packed_k) pack_keys(head.k, limits.valid, scratch.keys);
    if (head.v != packed_v) pack_values(head.v, limits.valid, scratch.values);
    packed_k = head.k;
    packed_v = head.v;
    const Range part = part_of(shape_.queries, task % query_parts_, query_parts_);
    for_tiles(part.last - part.first, kQueryBlock, [&](std::int64_t first, std::int64_t queries) {
      attend_block(head, next, limits, part.first + first, queries, scratch);
    });
  }
}

void Attention::pack_keys(const float* k, std::int64_t keys, float* packed) const noexcept {
  for (std::int64_t key = 0; key < keys; key += panel_, packed += depth_ * panel_) {
    const std::int64_t columns = is_narrow(shape_.keys, key) ? loops_->width : panel_;
    const std::int64_t there = std::min(columns, keys - key);
    if (there < columns) std::fill_n(packed, depth_ * columns, 0.0F);
    loops_->transpose(there, shape_.head_size, k + key * shape_.k.token, shape_.k.token, packed,
                      columns);
    std::fill_n(packed + shape_.head_size * columns, (depth_ - shape_.head_size) * columns, 0.0F);
  }
}

void Attention::pack_values(const float* v, std::int64_t keys, float* packed) const noexcept {
  for (std::int64_t column = 0; column < values_; column += panel_) {
    const std::int64_t columns = std::min(panel_, values_ - column);
    const std::int64_t there = std::min(columns, shape_.value_size - column);
    float* to = packed + column * padded_keys();
    for (std::int64_t key = 0; key < keys; ++key, to += columns) {
      copy_padded(v + key * shape_.v.token + column, there, columns, to);
    }
    std::fill_n(to, (round_up(keys, kStep) - keys) * columns, 0.0F);
  }
}

void Attention::attend_block(const Head& head, const Head& next, const AttentionKeys& limits,
                             std::int64_t first_query, std::int64_t queries,
                             const Scratch& scratch) const noexcept {
  for (std::int64_t i = 0; i < queries; ++i) {
    copy_padded(head.q + (first_query + i) * shape_.q.token, shape_.head_size, depth_,
                scratch.queries + i * depth_);
  }
  std::fill_n(scratch.largest, queries, kNone);
  std::fill_n(scratch.total, queries, 0.0F);
  const std::int64_t last_key = limits.visible(first_query + queries - 1);
  if (last_key == 0) std::fill_n(scratch.sums, queries * values_, 0.0F);
  for (std::int64_t key = 0; key < last_key; key += kKeyBlock) {
    const std::int64_t keys = std::min(kKeyBlock, last_key - key);
    score(queries, key, keys, scratch);
    weigh(head, next, limits, {first_query, first_query + queries}, {key, key + keys}, scratch);
    add_values(queries, key, keys, scratch);
  }
  for (std::int64_t i = 0; i < queries; ++i) {
    const bool is_zero = limits.zero_if_none && scratch.total[i] == 0.0F;
    scratch.total[i] = is_zero ? 0.0F : 1.0F / scratch.total[i];
  }
  loops_->scale_rows({.rows = queries,
                      .columns = shape_.value_size,
                      .input = scratch.sums,
                      .input_stride = values_,
                      .factors = scratch.total,
                      .output = head.y + first_query * shape_.y.token,
                      .output_stride = shape_.y.token});
}

void Attention::score(std::int64_t queries, std::int64_t first_key, std::int64_t keys,
                      const Scratch& scratch) const noexcept {
  const int highest = max_brgemm_rows(kVectors, *loops_);
  BrgemmCall call{.a_offsets = offsets_.data(), .batch = depth_ / kStep};
  for (std::int64_t column = 0; column < keys; column += panel_) {
    const auto& tiles = score_tiles_[is_narrow(shape_.keys, first_key + column)];
    call.b = scratch.keys + (first_key + column) * depth_;
    for_tiles(queries, highest, [&](std::int64_t row, std::int64_t rows) {
      call.a = scratch.queries + row * depth_;
      call.c = scratch.scores + row * kKeyBlock + column;
      tiles[static_cast<std::size_t>(rows - 1)](call);
    });
  }
}

/// Turns a block of scores into weights relative to the greatest score so far, and what was summed
/// before with them.
void Attention::weigh(const Head& head, const Head& next, const AttentionKeys& limits,
                      Range queries, Range range, const Scratch& scratch) const noexcept {
  const std::int64_t padded = round_up(range.last - range.first, kStep);
  for (std::int64_t i = 0; i < queries.last - queries.first; ++i) {
    const std::int64_t query = queries.first + i;
    if (next.q && range.first == 0) fetch_share(next, query);
    float* scores = scratch.scores + i * kKeyBlock;
    const std::int64_t end = std::min(range.last, limits.visible(query));
    if (end <= range.first) {
      std::fill_n(scores, padded, 0.0F);
      continue;
    }
    AttentionRow row{.scores = scores,
                     .keys = end - range.first,
                     .padded = padded,
                     .scale = shape_.scale,
                     .softcap = shape_.softcap,
                     .mask_step = static_cast<int>(shape_.mask.element),
                     .largest = scratch.largest[i],
                     .total = scratch.total[i]};
    if (head.mask) {
      row.mask = head.mask + query * shape_.mask.token + range.first * shape_.mask.element;
    }
    const float shrink = loops_->attention_weights(row);
    scratch.largest[i] = row.largest;
    scratch.total[i] = row.total;
    if (range.first == 0 || shrink == 1.0F) continue;
    float* sums = scratch.sums + i * values_;
    loops_->scale_shift(values_, sums, shrink, 0.0F, sums);
  }
}

/// What one query's share of a head's operands is.
void Attention::fetch_share(const Head& head, std::int64_t query) const noexcept {
  fetch_row(head.q + query * shape_.q.token, shape_.head_size);
  const Range keys = part_of(shape_.keys, query, shape_.queries);
  for (std::int64_t key = keys.first; key < keys.last; ++key) {
    fetch_row(head.k + key * shape_.k.token, shape_.head_size);
    fetch_row(head.v + key * shape_.v.token, shape_.value_size);
  }
}

void Attention::add_values(std::int64_t queries, std::int64_t first_key, std::int64_t keys,
                           const Scratch& scratch) const noexcept {
  const int highest = max_brgemm_rows(kVectors, *loops_);
  BrgemmCall call{.a_offsets = offsets_.data(), .batch = round_up(keys, kStep) / kStep};
  for (std::int64_t column = 0; column < values_; column += panel_) {
    const std::int64_t columns = std::min(panel_, values_ - column);
    const auto& tiles = value_tiles_[first_key > 0][columns < panel_];
    call.b = scratch.values + column * padded_keys() + first_key * columns;
    for_tiles(queries, highest, [&](std::int64_t row, std::int64_t rows) {
      call.a = scratch.scores + row * kKeyBlock;
      call.c = scratch.sums + row * values_ + column;
      tiles[static_cast<std::size_t>(rows - 1)](call);
    });
  }
}

}  // namespace headway
