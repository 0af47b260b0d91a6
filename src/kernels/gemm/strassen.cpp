#include "kernels/gemm/strassen.h"

#include <algorithm>
#include <limits>

namespace headway {
namespace {

/// Rows of either half that share the differences of a block of B.
constexpr std::int64_t kGroupRows = 128;
/// Elements of either half of k that are summed up at once.
constexpr std::int64_t kDeepestHalf = 384;
constexpr int kPanelVectors = 2;

}  // namespace

struct StrassenProduct::Block {
  std::int64_t index, panel;
  Range k;  ///< Of half a block: where its first half begins is 2 · first.
  const float *b11, *b12, *b21, *b22;
  const float* ahead[2];  ///< What the next block consists of, in two runs.
  std::int64_t fetched = 0;
  const float* packed;  ///< [StrassenLeft][pair of tiles]
  float *differences, *more_differences;
  float *sums, *more_sums, *p5;

  std::int64_t depth() const { return k.last - k.first; }
};

/// left · b, the sum added, into one more sum or a quarter of C; and x - y in passing.
struct StrassenProduct::Product {
  StrassenLeft left;
  const float* b;
  const float* addend = nullptr;
  float* sum = nullptr;  ///< Null for a quarter of C.
  bool is_lower = false, is_right = false;
  const float *x = nullptr, *y = nullptr;
  float* difference = nullptr;
};

double StrassenProduct::cycles(std::int64_t m, const ColumnPanels& panels, int threads) noexcept {
  const bool has_halves = panels.vectors == kPanelVectors &&
                          panels.n % (2 * panels.panel_columns()) == 0 && panels.k > 0 &&
                          panels.k % (2 * kRowChunk) == 0 && m > 1;
  if (!has_halves) return std::numeric_limits<double>::infinity();
  return choose_parts(m, panels, threads).cycles;
}

/// Cuts rows and columns so that the largest part takes least time: of multiplying, of adding up
/// quarters of C, of streaming B although it is fetched ahead, and of packing A.
StrassenProduct::Parts StrassenProduct::choose_parts(std::int64_t m, const ColumnPanels& panels,
                                                     int threads) noexcept {
  const auto k = static_cast<double>(panels.k);
  Parts best;
  for (std::int64_t rows = 1; rows <= threads && 2 * rows <= m; ++rows) {
    const std::int64_t columns = std::min<std::int64_t>(threads / rows, panels.count() / 2);
    const auto upper = static_cast<double>(divide_up(divide_up(m, rows), 2));
    const auto pairs = static_cast<double>(divide_up(panels.count() / 2, columns));
    const double products = int{kStrassenProducts} / 2.0 * upper * k;
    const double cycles = pairs * (products + 60 * upper + 8 * k) + upper * k;
    if (best.cycles != 0 && cycles >= best.cycles) continue;
    best = {rows, columns, cycles};
  }
  return best;
}

StrassenProduct::StrassenProduct(std::int64_t m, const ColumnPanels& panels,
                                 const EpilogueKind& epilogue, BrgemmSet& tiles, int threads)
    : panels_(panels),
      loops_(&tiles.loops()),
      threads_(threads),
      parts_(choose_parts(m, panels, threads)),
      blocks_(divide_up(panels.k / 2, kDeepestHalf)) {
  cut_rows(m);
  std::size_t least_tiles = groups_.front().pairs.size();
  for (const Group& group : groups_) least_tiles = std::min(least_tiles, group.pairs.size());
  const auto tiles_per_product = static_cast<std::int64_t>(least_tiles);
  const std::int64_t lines = 4 * kGemmStep * panels.panel_columns() / kLineFloats;
  fetched_lines_ = static_cast<int>(divide_up(lines, kStrassenProducts * tiles_per_product));
  while (differences_ * tiles_per_product < kGemmStep * kPanelVectors) differences_ *= 2;
  for (const Group& group : groups_) {
    for (const TilePair& pair : group.pairs) {
      make_height(pair.upper, epilogue, tiles);
      make_height(pair.lower, epilogue, tiles);
    }
  }
}

void StrassenProduct::cut_rows(std::int64_t m) {
  const std::int64_t halves = divide_up(m, 2);
  const std::int64_t per_part = divide_up(divide_up(halves, parts_.rows), kGroupRows);
  const std::int64_t count = parts_.rows * per_part;
  for (std::int64_t index = 0; index < count; ++index) {
    const Range half = part_of(halves, index, count);
    const std::int64_t size = half.last - half.first;
    Group group{{}, size, {2 * half.first, std::min(2 * half.last, m)}};
    const std::int64_t pairs = divide_up(size, max_brgemm_rows(panels_.vectors, *loops_));
    for (std::int64_t i = 0; i < pairs; ++i) {
      const Range upper = part_of(size, i, pairs);
      const std::int64_t first = group.rows.first + 2 * upper.first;
      const std::int64_t rows = upper.last - upper.first;
      group.pairs.push_back({first, rows, std::min(rows, m - first - rows), upper.first});
    }
    largest_group_ = std::max(largest_group_, size);
    groups_.push_back(std::move(group));
  }
}

void StrassenProduct::make_height(std::int64_t rows, const EpilogueKind& epilogue,
                                  BrgemmSet& tiles) {
  heights_.resize(std::max(heights_.size(), static_cast<std::size_t>(rows) + 1));
  Height& height = heights_[static_cast<std::size_t>(rows)];
  if (!height.offsets.empty()) return;
  for (std::int64_t k = 0; k < deepest_block(); k += kGemmStep) {
    height.offsets.push_back((k / kRowChunk * rows * kRowChunk + k % kRowChunk) *
                             static_cast<std::int64_t>(sizeof(float)));
  }
  for (const bool subtracts : {false, true}) {
    BrgemmShape shape{.rows = static_cast<int>(rows),
                      .vectors = panels_.vectors,
                      .k = kGemmStep,
                      .a_row_stride = kRowChunk,
                      .c_row_stride = panels_.panel_columns(),
                      .c_vector_stride = panels_.width,
                      .prefetch = {fetched_lines_},
                      .differences = subtracts ? differences_ : 0};
    height.sums[false][subtracts] = tiles.get(shape);
    shape.addend = true;
    shape.addend_row_stride = panels_.panel_columns();
    height.sums[true][subtracts] = tiles.get(shape);
    shape.c_row_stride = panels_.n;
    shape.fetch_c = true;
    for (const bool is_first : {false, true}) {
      for (const bool is_last : {false, true}) {
        shape.accumulate = !is_first;
        shape.bias = is_last && epilogue.bias;
        shape.residual = is_first && epilogue.residual;
        height.results[is_first][is_last][subtracts] = tiles.get(shape);
      }
    }
  }
}

Range StrassenProduct::block_of(std::int64_t block) const noexcept {
  const Range chunks = part_of(panels_.k / (2 * kRowChunk), block, blocks_);
  return {chunks.first * kRowChunk, chunks.last * kRowChunk};
}

std::int64_t StrassenProduct::deepest_block() const noexcept {
  return divide_up(panels_.k / (2 * kRowChunk), blocks_) * kRowChunk;
}

std::int64_t StrassenProduct::thread_scratch() const noexcept {
  return kStrassenProducts * largest_group_ * deepest_block() +
         panels_.panel_columns() * (2 * deepest_block() + 3 * largest_group_);
}

std::size_t StrassenProduct::scratch_bytes() const noexcept {
  return static_cast<std::size_t>(threads_ * thread_scratch()) * sizeof(float);
}

void StrassenProduct::run(const KernelContext& context, const Operands& operands,
                          void* scratch) const noexcept {
  const auto work = [&](std::int64_t first, std::int64_t last, int thread) {
    for (std::int64_t part = first; part < last; ++part) {
      multiply_part(operands, part, static_cast<float*>(scratch) + thread * thread_scratch());
    }
  };
  context.pool.parallel_for(parts_.rows * parts_.columns, work);
}

void StrassenProduct::multiply_part(const Operands& operands, std::int64_t part,
                                    float* scratch) const noexcept {
  const Range panels = part_of(panels_.count() / 2, part % parts_.columns, parts_.columns);
  const Range groups =
      part_of(static_cast<std::int64_t>(groups_.size()), part / parts_.columns, parts_.rows);
  for (std::int64_t group = groups.first; group < groups.last; ++group) {
    multiply_group(operands, groups_[static_cast<std::size_t>(group)], panels, scratch);
  }
}

void StrassenProduct::pack(const Operands& operands, const Group& group, Range k,
                           float* packed) const noexcept {
  const std::int64_t depth = k.last - k.first;
  for (const TilePair& pair : group.pairs) {
    loops_->strassen_rows({.a = operands.a + pair.first_row * panels_.k + 2 * k.first,
                           .stride = panels_.k,
                           .upper = pair.upper,
                           .lower = pair.lower,
                           .depth = depth,
                           .packed = packed + pair.before * depth,
                           .operand_stride = group.upper * depth});
  }
}

void StrassenProduct::multiply_group(const Operands& operands, const Group& group, Range panels,
                                     float* scratch) const noexcept {
  const std::int64_t columns = panels_.panel_columns();
  const std::int64_t strip = std::max<std::int64_t>(1, kActivatedColumns / (2 * columns));
  const auto panel_of = [&](std::int64_t panel, std::int64_t block) {
    return operands.packed_b + panels_.offset(panel) + 2 * block_of(block).first * columns;
  };
  float* differences = scratch + kStrassenProducts * largest_group_ * deepest_block();
  float* sums = differences + 2 * deepest_block() * columns;
  for (std::int64_t index = 0; index < blocks_; ++index) {
    const Range k = block_of(index);
    pack(operands, group, k, scratch);
    std::int64_t activated = panels.first;
    for (std::int64_t pair = panels.first; pair < panels.last; ++pair) {
      const bool turns = pair + 1 == panels.last;
      const std::int64_t next = turns ? panels.first : pair + 1;
      const std::int64_t next_block = turns ? (index + 1) % blocks_ : index;
      const float* left = panel_of(2 * pair, index);
      const float* right = panel_of(2 * pair + 1, index);
      const std::int64_t half = (k.last - k.first) * columns;
      Block block{.index = index,
                  .panel = 2 * pair,
                  .k = k,
                  .b11 = left,
                  .b12 = right,
                  .b21 = left + half,
                  .b22 = right + half,
                  .ahead = {panel_of(2 * next, next_block), panel_of(2 * next + 1, next_block)},
                  .packed = scratch,
                  .differences = differences,
                  .more_differences = differences + deepest_block() * columns,
                  .sums = sums,
                  .more_sums = sums + largest_group_ * columns,
                  .p5 = sums + 2 * largest_group_ * columns};
      multiply_block(operands, group, block);
      if (index + 1 < blocks_ || (pair + 1 - activated < strip && !turns)) continue;
      activate_rows(*loops_, operands.epilogue.activation, group.rows,
                    {2 * activated * columns, 2 * (pair + 1) * columns}, operands.c, panels_.n);
      activated = pair + 1;
    }
  }
}

/// T1 = B12 - B11, T2 = B22 - T1, T3 = B22 - B12, T4 = B21 - T2.
void StrassenProduct::multiply_block(const Operands& operands, const Group& group,
                                     Block& b) const noexcept {
  const auto multiply = [&](const Product& product) { multiply_all(operands, group, b, product); };
  float *t1 = b.differences, *t2 = b.more_differences, *t3 = t2, *t4 = t1;
  float *p1 = b.sums, *u2 = b.more_sums, *u3 = p1;
  multiply({.left = kA11, .b = b.b11, .sum = p1, .x = b.b12, .y = b.b11, .difference = t1});
  multiply({.left = kS1, .b = t1, .sum = b.p5, .x = b.b22, .y = t1, .difference = t2});
  multiply({.left = kS2, .b = t2, .addend = p1, .sum = u2, .x = b.b21, .y = t2, .difference = t4});
  multiply({.left = kA12, .b = b.b21, .addend = p1, .x = b.b22, .y = b.b12, .difference = t3});
  multiply({.left = kS3, .b = t3, .addend = u2, .sum = u3});
  multiply({.left = kA22, .b = t4, .addend = u3, .is_lower = true});
  add_quarters(operands, group, b);
  multiply({.left = kS4, .b = b.b22, .addend = b.p5, .is_right = true});
}

void StrassenProduct::multiply_all(const Operands& operands, const Group& group, Block& block,
                                   const Product& product) const noexcept {
  const std::int64_t columns = panels_.panel_columns(), depth = block.depth();
  const std::int64_t steps = depth / kGemmStep, lines = 2 * depth * columns / kLineFloats;
  const std::int64_t column = panels_.first_column(block.panel) + (product.is_right ? columns : 0);
  const bool is_first = block.index == 0, is_last = block.index + 1 == blocks_;
  const Epilogue& epilogue = operands.epilogue;
  const std::int64_t parts = product.x ? kGemmStep * kPanelVectors / differences_ : 0;
  const float* left = block.packed + product.left * group.upper * depth;
  BrgemmCall call{
      .batch = steps, .b = product.b, .bias = epilogue.bias ? epilogue.bias + column : nullptr};
  std::int64_t part = 0;
  for (const TilePair& pair : group.pairs) {
    const bool subtracts = part < parts;
    const std::int64_t rows = product.is_lower ? pair.lower : pair.upper;
    const Height& height = heights_[static_cast<std::size_t>(rows)];
    call.a = left + pair.before * depth;
    call.a_offsets = heights_[static_cast<std::size_t>(pair.upper)].offsets.data();
    call.prefetch[0] = block.fetched < lines
                           ? block.ahead[0] + block.fetched * kLineFloats
                           : block.ahead[1] + (block.fetched - lines) * kLineFloats;
    block.fetched = std::min(block.fetched + steps * fetched_lines_, 2 * lines - 1);
    if (product.addend) call.addend = product.addend + pair.before * columns;
    if (subtracts) {
      const std::int64_t offset = part * steps * differences_ * panels_.width;
      call.x = product.x + offset;
      call.y = product.y + offset;
      call.difference = product.difference + offset;
      ++part;
    }
    if (product.sum) {
      call.c = product.sum + pair.before * columns;
      height.sums[product.addend != nullptr][subtracts](call);
      continue;
    }
    const std::int64_t row = pair.first_row + (product.is_lower ? pair.upper : 0);
    const std::int64_t offset = row * panels_.n + column;
    call.c = operands.c + offset;
    if (epilogue.residual) call.residual = epilogue.residual + offset;
    height.results[is_first][is_last][subtracts](call);
  }
}

void StrassenProduct::add_quarters(const Operands& operands, const Group& group,
                                   const Block& block) const noexcept {
  const std::int64_t columns = panels_.panel_columns();
  const std::int64_t column = panels_.first_column(block.panel) + columns;
  const Epilogue& epilogue = operands.epilogue;
  const bool is_first = block.index == 0, is_last = block.index + 1 == blocks_;
  for (const TilePair& pair : group.pairs) {
    const std::int64_t at = pair.before * columns;
    const std::int64_t offset = (pair.first_row + pair.upper) * panels_.n + column;
    loops_->strassen_quarter(
        {.u2 = block.more_sums + at,
         .u3 = block.sums + at,
         .p5 = block.p5 + at,
         .upper = pair.upper,
         .lower = pair.lower,
         .columns = columns,
         .c = operands.c + offset,
         .stride = panels_.n,
         .accumulate = !is_first,
         .bias = is_last && epilogue.bias ? epilogue.bias + column : nullptr,
         .residual = is_first && epilogue.residual ? epilogue.residual + offset : nullptr});
  }
}

}  // namespace headway
