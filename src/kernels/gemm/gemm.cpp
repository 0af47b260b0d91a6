#include "kernels/gemm/gemm.h"

#include "kernels/threshold.h"

namespace headway {
namespace {

/// Floats of A that are packed at once: half of a small second-level cache.
constexpr std::int64_t kPackedRowsSize = 112 * 1024;
/// Elements of k that are summed up before a tile returns: a panel of B this deep is a tenth of a
/// small second-level cache, and it is read again for every tile.
constexpr std::int64_t kDeepestBlock = 1024;
/// How far ahead B is fetched where every panel is used once: enough to cover the latency of
/// memory.
constexpr std::int64_t kStreamAhead = 2048;
constexpr int kMaxPanelColumns = 48;

BrgemmActivation in_tile(Unary activation) {
  if (activation.op == UnaryOp::kRelu) return BrgemmActivation::kRelu;
  if (activation.op == UnaryOp::kClip) return BrgemmActivation::kClip;
  return BrgemmActivation::kNone;
}

GemmOperand left_of(const GemmShape& shape, const float* a) {
  return {a, shape.transpose_a ? shape.m : shape.k, shape.transpose_a};
}

GemmOperand right_of(const GemmShape& shape, const float* b) {
  return {b, shape.transpose_b ? shape.k : shape.n, shape.transpose_b};
}

}  // namespace

/// What one call computes. Of b and packed_b one is null.
struct Gemm::Product {
  const float* a;
  const float* b;
  const float* packed_b;
  std::int64_t packed_stride;  ///< From one packed B to the next.
  Epilogue epilogue;
  float* c;
  float* scratch;

  /// One matrix of the batch.
  Product of(std::int64_t matrix, const GemmShape& shape) const {
    Product product = *this;
    product.a += matrix * shape.stride_a;
    if (b) product.b += matrix * shape.stride_b;
    if (packed_b) product.packed_b += matrix * packed_stride;
    product.c += matrix * shape.stride_c;
    if (epilogue.residual) product.epilogue.residual += matrix * shape.stride_c;
    return product;
  }
};

Gemm::Gemm(const GemmShape& shape, const EpilogueKind& epilogue, BrgemmSet& tiles, int threads,
           bool regroups)
    : shape_(shape),
      panels_(shape.n, shape.k, tiles.loops().width),
      loops_(&tiles.loops()),
      threads_(threads),
      // Reading B costs as much as multiplying by it twice.
      small_(shape.batch * std::max<std::int64_t>(shape.m, 2) * shape.n * shape.k < kSmallProduct) {
  if (in_tile(epilogue.activation) == BrgemmActivation::kNone) {
    late_activation_ = epilogue.activation;
  }
  if (shape.batch * shape.m * shape.n == 0) return;
  const bool batch_is_enough =
      shape.batch > 1 && (shape.batch % threads == 0 || shape.batch >= 4 * threads);
  if (!small_ && !batch_is_enough) {
    const double cycles = choose_parts(threads);
    if (regroups && shape.batch == 1 && !shape.transpose_a &&
        StrassenProduct::cycles(shape.m, panels_, threads) < cycles) {
      strassen_.emplace(shape.m, panels_, epilogue, tiles, threads);
      return;
    }
  }
  packs_in_parts_ = shape.stride_b != 0 && (small_ || batch_is_enough);
  cut_depth();
  make_tiles(epilogue, tiles);
}

int Gemm::height_limit() const noexcept {
  return max_brgemm_rows(panels_.vectors, *loops_);
}

/// Cuts rows and columns so that the largest part takes least time, in cycles: of multiplying, of
/// packing its rows, and of what streaming its columns costs although they are fetched ahead.
double Gemm::choose_parts(int threads) {
  const double k = static_cast<double>(shape_.k);
  double least = 0;
  for (std::int64_t rows = 1; rows <= threads; ++rows) {
    if (rows > divide_up(shape_.m, height_limit())) break;
    const std::int64_t columns = std::min<std::int64_t>(threads / rows, panels_.count());
    const auto part_rows = static_cast<double>(divide_up(shape_.m, rows));
    const auto vectors = static_cast<double>(divide_up(panels_.count(), columns) * panels_.vectors);
    const double cycles = k * (part_rows * vectors / 2 + part_rows + vectors / 2);
    if (rows > 1 && cycles >= least) continue;
    least = cycles;
    row_parts_ = rows;
    column_parts_ = columns;
  }
  return least;
}

/// A single tile can be as deep as its rows fit into the cache.
void Gemm::cut_depth() {
  const std::int64_t rows = divide_up(shape_.m, row_parts_);
  const bool one_tile = rows <= height_limit();
  const std::int64_t deepest = one_tile ? kPackedRowsSize / rows : kDeepestBlock;
  blocks_ = std::max<std::int64_t>(1, divide_up(shape_.k, deepest));
  const std::int64_t depth = divide_up(divide_up(shape_.k, kRowChunk), blocks_) * kRowChunk;
  group_rows_ =
      std::max<std::int64_t>(height_limit(), kPackedRowsSize / std::max(depth, kRowChunk));
  group_rows_ = std::min(group_rows_, rows);
  const std::int64_t lines = kGemmStep * panels_.panel_columns() / kLineFloats;
  const std::int64_t group = divide_up(rows, group_count(rows));
  reads_once_ = rows <= height_limit() && blocks_ == 1;
  prefetches_ = static_cast<int>(divide_up(lines, divide_up(group, height_limit())));
}

std::int64_t Gemm::group_count(std::int64_t rows) const noexcept {
  return divide_up(rows, group_rows_);
}

Range Gemm::block_of(std::int64_t block) const noexcept {
  const Range chunks = part_of(divide_up(shape_.k, kRowChunk), block, blocks_);
  return {chunks.first * kRowChunk, std::min(chunks.last * kRowChunk, shape_.k)};
}

template <typename Visit>
void Gemm::for_tiles(std::int64_t rows, Visit&& visit) const {
  const std::int64_t count = divide_up(rows, height_limit());
  for (std::int64_t i = 0; i < count; ++i) visit(part_of(rows, i, count));
}

void Gemm::make_tiles(const EpilogueKind& epilogue, BrgemmSet& tiles) {
  heights_.resize(static_cast<std::size_t>(height_limit()) + 1);
  for (std::int64_t part = 0; part < row_parts_; ++part) {
    const Range rows = part_of(shape_.m, part, row_parts_);
    const std::int64_t groups = group_count(rows.last - rows.first);
    for (std::int64_t i = 0; i < groups; ++i) {
      const Range group = part_of(rows.last - rows.first, i, groups);
      for_tiles(group.last - group.first, [&](Range tile) {
        make_height(static_cast<int>(tile.last - tile.first), epilogue, tiles);
      });
    }
  }
}

void Gemm::make_height(int rows, const EpilogueKind& epilogue, BrgemmSet& tiles) {
  Height& height = heights_[static_cast<std::size_t>(rows)];
  if (!height.offsets.empty()) return;
  const std::int64_t chunks =
      divide_up(divide_up(std::max(shape_.k, kRowChunk), kRowChunk), blocks_);
  constexpr std::int64_t kStepsPerChunk = kRowChunk / kGemmStep;
  for (std::int64_t step = 0; step < chunks * kStepsPerChunk; ++step) {
    const std::int64_t element =
        step / kStepsPerChunk * rows * kRowChunk + step % kStepsPerChunk * kGemmStep;
    height.offsets.push_back(element * static_cast<std::int64_t>(sizeof(float)));
  }
  for (const bool is_first : {false, true}) {
    for (const bool is_last : {false, true}) {
      if ((is_first != is_last && blocks_ == 1) || (!is_first && !is_last && blocks_ < 3)) continue;
      BrgemmShape shape{.rows = rows,
                        .vectors = panels_.vectors,
                        .k = kGemmStep,
                        .a_row_stride = kRowChunk,
                        .c_row_stride = shape_.n,
                        .c_vector_stride = panels_.width,
                        .prefetch = {prefetches_},
                        .fetch_c = prefetches_ > 0,
                        .accumulate = !is_first,
                        .bias = is_last && epilogue.bias,
                        .residual = is_first && epilogue.residual};
      if (is_last) shape.activation = in_tile(epilogue.activation);
      height.tiles[is_first][is_last][0] = tiles.get(shape);
      shape.vectors = panels_.vectors_of(panels_.count() - 1);
      shape.last_columns = static_cast<int>(shape_.n % panels_.width);
      height.tiles[is_first][is_last][1] = tiles.get(shape);
    }
  }
}

std::int64_t Gemm::matrices_of_b() const noexcept {
  return shape_.stride_b == 0 ? 1 : shape_.batch;
}

std::size_t Gemm::packed_b_size() const noexcept {
  return static_cast<std::size_t>(panels_.size());
}

std::int64_t Gemm::packing_step() const noexcept {
  return shape_.transpose_b ? panels_.panel_columns() : kGemmStep;
}

void Gemm::pack_b(const float* b, Range rows, float* packed) const noexcept {
  if (shape_.transpose_b) {
    const ColumnPanels part(rows.last - rows.first, shape_.k, panels_);
    packed += rows.first * panels_.padded_k();
    for (std::int64_t panel = 0; panel < part.count(); ++panel) {
      pack_panel(*loops_, part, right_of(shape_, b), shape_.alpha, panel,
                 packed + part.offset(panel));
    }
    return;
  }
  const ColumnPanels part(shape_.n, rows.last - rows.first, panels_);
  for (std::int64_t panel = 0; panel < part.count(); ++panel) {
    pack_panel(
        *loops_, part, right_of(shape_, b), shape_.alpha, panel,
        packed + panels_.offset(panel) + rows.first * panels_.vectors_of(panel) * panels_.width);
  }
}

std::int64_t Gemm::thread_scratch(bool b_is_packed) const noexcept {
  const std::int64_t chunks =
      divide_up(divide_up(std::max(shape_.k, kRowChunk), kRowChunk), blocks_);
  const std::int64_t b = packs_in_parts_ && !b_is_packed ? panels_.size() : 0;
  return divide_up(group_rows_ * chunks * kRowChunk + b, kLineFloats) * kLineFloats;
}

std::int64_t Gemm::scratch_before_b(bool b_is_packed) const noexcept {
  if (strassen_) return static_cast<std::int64_t>(strassen_->scratch_bytes() / sizeof(float));
  return threads_ * thread_scratch(b_is_packed);
}

std::size_t Gemm::scratch_bytes(bool b_is_packed) const noexcept {
  std::int64_t floats = scratch_before_b(b_is_packed);
  if (!b_is_packed && !packs_in_parts_) floats += matrices_of_b() * panels_.size();
  return static_cast<std::size_t>(floats) * sizeof(float);
}

void Gemm::run_packed(const KernelContext& context, const float* a, const float* packed_b,
                      const Epilogue& epilogue, float* c, void* scratch) const noexcept {
  multiply(context, {a, nullptr, packed_b, 0, epilogue, c, static_cast<float*>(scratch)});
}

void Gemm::run(const KernelContext& context, const float* a, const float* b,
               const Epilogue& epilogue, float* c, void* scratch) const noexcept {
  auto* memory = static_cast<float*>(scratch);
  if (packs_in_parts_) return multiply(context, {a, b, nullptr, 0, epilogue, c, memory});
  const std::int64_t tasks = matrices_of_b() * panels_.count();
  float* packed = memory + scratch_before_b(false);
  const auto pack = [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t matrix = i / panels_.count(), panel = i % panels_.count();
      pack_panel(*loops_, panels_, right_of(shape_, b + matrix * shape_.stride_b), shape_.alpha,
                 panel, packed + matrix * panels_.size() + panels_.offset(panel));
    }
  };
  for_tasks(context, tasks, panels_.size() / std::max<std::int64_t>(panels_.count(), 1), pack);
  multiply(context,
           {a, nullptr, packed, shape_.stride_b == 0 ? 0 : panels_.size(), epilogue, c, memory});
}

void Gemm::multiply(const KernelContext& context, const Product& product) const noexcept {
  const std::int64_t parts = row_parts_ * column_parts_;
  const auto work = [&](std::int64_t first, std::int64_t last, int thread) {
    for (std::int64_t task = first; task < last; ++task) {
      multiply_part(product.of(task / parts, shape_), task % parts,
                    product.scratch + thread * thread_scratch(product.packed_b != nullptr));
    }
  };
  if (shape_.m * shape_.n == 0) return;
  if (strassen_) {
    strassen_->run(context, {product.a, product.packed_b, product.epilogue, product.c},
                   product.scratch);
  } else if (small_) {
    work(0, shape_.batch * parts, 0);
  } else {
    context.pool.parallel_for(shape_.batch * parts, work);
  }
}

void Gemm::multiply_part(Product product, std::int64_t part, float* scratch) const noexcept {
  const Range rows = part_of(shape_.m, part / column_parts_, row_parts_);
  const Range panels = part_of(panels_.count(), part % column_parts_, column_parts_);
  if (product.packed_b == nullptr) {
    for (std::int64_t panel = panels.first; panel < panels.last; ++panel) {
      pack_panel(*loops_, panels_, right_of(shape_, product.b), shape_.alpha, panel,
                 scratch + panels_.offset(panel));
    }
    product.packed_b = scratch;
    scratch += panels_.size();
  }
  const std::int64_t groups = group_count(rows.last - rows.first);
  for (std::int64_t i = 0; i < groups; ++i) {
    const Range group = part_of(rows.last - rows.first, i, groups);
    multiply_group(product, {rows.first + group.first, rows.first + group.last}, panels, scratch);
  }
}

void Gemm::multiply_group(const Product& product, Range rows, Range panels,
                          float* packed_a) const noexcept {
  const auto panel_of_b = [&](std::int64_t panel, std::int64_t block) {
    return product.packed_b + panels_.offset(panel) +
           block_of(block).first * panels_.vectors_of(panel) * panels_.width;
  };
  const std::int64_t strip = std::max<std::int64_t>(1, kActivatedColumns / panels_.panel_columns());
  for (std::int64_t block = 0; block < blocks_; ++block) {
    pack_rows(product, rows, block, packed_a, panel_of_b(panels.first, block));
    std::int64_t activated = panels.first;
    for (std::int64_t panel = panels.first; panel < panels.last; ++panel) {
      const bool turns = panel + 1 == panels.last;
      const float* b = panel_of_b(panel, block);
      const float* ahead = reads_once_ ? b + kStreamAhead
                           : turns     ? panel_of_b(panels.first, (block + 1) % blocks_)
                                       : panel_of_b(panel + 1, block);
      multiply_panel(product, rows, panel, block, packed_a, b, ahead);
      if (block + 1 < blocks_ || (panel + 1 - activated < strip && !turns)) continue;
      activate(product, rows, {activated, panel + 1});
      activated = panel + 1;
    }
  }
}

void Gemm::pack_rows(const Product& product, Range rows, std::int64_t block, float* packed,
                     const float* ahead) const noexcept {
  const Range k = block_of(block);
  const std::int64_t depth =
      divide_up(std::max(k.last - k.first, kGemmStep), kRowChunk) * kRowChunk;
  const std::int64_t tiles = divide_up(rows.last - rows.first, height_limit());
  const std::int64_t lines =
      divide_up(kRowChunk * panels_.vectors * panels_.width / kLineFloats, tiles);
  for_tiles(rows.last - rows.first, [&](Range tile) {
    pack_row_tile(*loops_, left_of(shape_, product.a), rows.first + tile.first,
                  tile.last - tile.first, k.first, k.last - k.first, packed + tile.first * depth,
                  ahead, lines);
    ahead += lines * kLineFloats * (depth / kRowChunk);
  });
}

void Gemm::multiply_panel(const Product& product, Range rows, std::int64_t panel,
                          std::int64_t block, const float* packed_a, const float* b,
                          const float* ahead) const noexcept {
  const Range k = block_of(block);
  const std::int64_t steps = std::max<std::int64_t>(1, divide_up(k.last - k.first, kGemmStep));
  const std::int64_t depth = divide_up(steps * kGemmStep, kRowChunk) * kRowChunk;
  const std::int64_t column = panels_.first_column(panel), columns = panels_.columns(panel);
  const bool is_last_panel = panel + 1 == panels_.count();
  float bias[kMaxPanelColumns];
  BrgemmCall call{.batch = steps,
                  .b = b,
                  .bias = product.epilogue.bias ? product.epilogue.bias + column : nullptr,
                  .low = product.epilogue.activation.alpha,
                  .high = product.epilogue.activation.beta,
                  .prefetch = {ahead}};
  if (call.bias && columns % panels_.width != 0) {
    std::fill(std::copy_n(call.bias, columns, bias), bias + kMaxPanelColumns, 0.0F);
    call.bias = bias;
  }
  const std::int64_t fetched = steps * prefetches_ * kLineFloats;
  const std::int64_t wanted = steps * kGemmStep * panels_.panel_columns();
  std::int64_t offset_ahead = 0;
  for_tiles(rows.last - rows.first, [&](Range tile) {
    const Height& height = heights_[static_cast<std::size_t>(tile.last - tile.first)];
    const std::int64_t offset = (rows.first + tile.first) * shape_.n + column;
    call.a = packed_a + tile.first * depth;
    call.a_offsets = height.offsets.data();
    call.c = product.c + offset;
    if (product.epilogue.residual) call.residual = product.epilogue.residual + offset;
    call.prefetch[0] = ahead + offset_ahead;
    height.tiles[block == 0][block + 1 == blocks_][is_last_panel](call);
    offset_ahead = std::min(offset_ahead + fetched, std::max<std::int64_t>(wanted - fetched, 0));
  });
}

void Gemm::activate(const Product& product, Range rows, Range panels) const noexcept {
  const Range columns{panels_.first_column(panels.first),
                      std::min(panels_.first_column(panels.last), shape_.n)};
  activate_rows(*loops_, late_activation_, rows, columns, product.c, shape_.n);
}

}  // namespace headway
