#include "kernels/winograd/winograd.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <numeric>

#include "kernels/winograd/prefetch.h"
#include "kernels/winograd/transforms.h"

#include <x86intrin.h>
unsigned long long g_phase[4];
namespace headway {
namespace {

constexpr int kMaxWidth = 16;
constexpr int kMaxRows = 32;
constexpr int kVectors = 2;

std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

/// Whole cache lines, an odd number of them: what is that far apart lies in different sets.
std::int64_t odd_lines(std::int64_t floats) {
  return (divide_up(floats, 16) | 1) * 16;
}

}  // namespace

struct Winograd::Operands {
  const float* input;
  const float* packed;
  const Epilogue& epilogue;
  float* output;
};

bool Winograd::applies(const ConvShape& s) noexcept {
  return s.groups == 1 && s.kernel_height == 3 && s.kernel_width == 3 && s.stride_height == 1 &&
         s.stride_width == 1 && s.dilation_height == 1 && s.dilation_width == 1;
}

Winograd::Winograd(const ConvShape& shape, int tile, BrgemmSet& tiles, int threads)
    : shape_(shape),
      tile_(tile),
      width_(tiles.loops().width),
      loops_(&tiles.loops()),
      tile_lines_(divide_up(shape.out_height, tile)),
      tile_columns_(divide_up(shape.out_width, tile)),
      step_(static_cast<int>(std::gcd(shape.in_channels, std::int64_t{4}))) {
  cut_channels();
  divide(threads);
  make_products(tiles);
}

std::int64_t Winograd::in_blocks() const noexcept {
  return divide_up(shape_.in_channels, width_);
}

std::int64_t Winograd::out_blocks() const noexcept {
  return divide_up(shape_.out_channels, width_);
}

Winograd::Tiles Winograd::chunk(std::int64_t index) const noexcept {
  return {all_tiles() * index / chunks_, all_tiles() * (index + 1) / chunks_};
}

Winograd::Tiles Winograd::part(const Tiles& chunk, std::int64_t index) const noexcept {
  const std::int64_t size = chunk.last - chunk.first;
  return {chunk.first + size * index / parts_, chunk.first + size * (index + 1) / parts_};
}

void Winograd::cut_channels() {
  std::int64_t packed = 0;
  for (std::int64_t block = 0; block < out_blocks();) {
    const std::int64_t left = out_blocks() - block;
    const int vectors = static_cast<int>(left == kVectors + 1 ? left : std::min<std::int64_t>(left, kVectors));
    groups_.push_back({block, vectors, packed});
    packed += frequencies() * shape_.in_channels * vectors * width_;
    block += vectors;
  }
}

void Winograd::divide(int threads) {
  std::int64_t wanted = 56;
  if (const char* t = std::getenv("T")) wanted = std::atoi(t);
  if (const char* t = std::getenv("SHARED")) shared_ = std::atoi(t);
  if (const char* t = std::getenv("PARTS")) parts_ = std::atoi(t);
  chunks_ = divide_up(all_tiles(), wanted);
  if (!shared_) chunks_ = divide_up(chunks_, threads) * threads;
  chunks_ = std::min(chunks_, all_tiles());
  chunk_tiles_ = divide_up(all_tiles(), chunks_);
  parts_ = shared_ ? std::min(parts_, chunk_tiles_) : 1;
  part_tiles_ = divide_up(chunk_tiles_, parts_);
}

void Winograd::make_products(BrgemmSet& tiles) {
  frequency_stride_ = odd_lines(in_blocks() * chunk_tiles_ * width_);
  product_stride_ = odd_lines(part_tiles_ * groups_.back().vectors * width_);
  for (std::int64_t c = 0; c < shape_.in_channels; c += step_) {
    const std::int64_t offset = c / width_ * chunk_tiles_ * width_ + c % width_;
    offsets_.push_back(offset * static_cast<std::int64_t>(sizeof(float)));
  }
  products_.resize((kMaxBrgemmVectors + 1) * kMaxRows);
  for (std::int64_t c = 0; c < chunks_; ++c) {
    for (std::int64_t p = 0; p < parts_; ++p) {
      const Tiles range = part(chunk(c), p);
      const std::int64_t count = range.last - range.first;
      for (const OutGroup* group : {&groups_.front(), &groups_.back()}) {
        const std::int64_t cuts = divide_up(count, max_brgemm_rows(group->vectors, *loops_));
        for (std::int64_t rows : {count / std::max<std::int64_t>(cuts, 1), divide_up(count, std::max<std::int64_t>(cuts, 1))}) {
          if (rows == 0) continue;
          BrgemmShape shape;
          shape.rows = static_cast<int>(rows);
          shape.vectors = group->vectors;
          shape.k = step_;
          shape.a_row_stride = width_;
          shape.c_row_stride = group->vectors * width_;
          shape.c_vector_stride = width_;
          products_[static_cast<std::size_t>(group->vectors * kMaxRows + rows)] = tiles.get(shape);
        }
      }
    }
  }
}

std::size_t Winograd::packed_size() const noexcept {
  return static_cast<std::size_t>(frequencies() * shape_.in_channels * out_blocks() * width_);
}

std::int64_t Winograd::pack_parts() const noexcept {
  return static_cast<std::int64_t>(groups_.size());
}

void Winograd::pack(const float* weights, float* packed) const noexcept {
  for (std::int64_t i = 0; i < pack_parts(); ++i) pack_part(weights, i, packed);
}

void Winograd::pack_part(const float* weights, std::int64_t index, float* packed) const noexcept {
  constexpr std::int64_t kChannels = 8;
  alignas(64) float taps[kChannels * 9 * kMaxWidth];
  const OutGroup& group = groups_[static_cast<std::size_t>(index)];
  const std::int64_t row = std::int64_t{group.vectors} * width_;
  const std::int64_t from_stride = shape_.in_channels * 9;
  for (std::int64_t c = 0; c < shape_.in_channels; c += kChannels) {
    const std::int64_t channels = std::min(kChannels, shape_.in_channels - c);
    for (int v = 0; v < group.vectors; ++v) {
      const std::int64_t out = (group.first_block + v) * width_;
      const std::int64_t lanes = std::min<std::int64_t>(width_, shape_.out_channels - out);
      if (lanes < width_) std::memset(taps, 0, sizeof taps);
      loops_->transpose(lanes, channels * 9, weights + out * from_stride + c * 9, from_stride, taps,
                        width_);
      loops_->winograd_weights(tile_, {.taps = taps,
                                       .channels = channels,
                                       .transformed = packed + group.packed + c * row + v * width_,
                                       .frequency_stride = shape_.in_channels * row,
                                       .channel_stride = row});
    }
  }
}

std::size_t Winograd::scratch_bytes() const noexcept {
  const std::int64_t per = frequencies() * (frequency_stride_ + product_stride_);
  return static_cast<std::size_t>(per * 4 * sizeof(float));
}

void Winograd::run(const KernelContext& context, const float* input, const float* packed,
                   const Epilogue& epilogue, float* output, void* scratch) const noexcept {
  const Operands operands{input, packed, epilogue, output};
  auto* memory = static_cast<float*>(scratch);
  const std::int64_t frequencies_size = frequencies() * frequency_stride_;
  const std::int64_t products_size = frequencies() * product_stride_;
  if (!shared_) {
    context.pool.parallel_for(chunks_, [&](std::int64_t first, std::int64_t last, int thread) {
      float* own = memory + thread * (frequencies_size + products_size);
      static const int pf = std::getenv("PF") ? std::atoi(std::getenv("PF")) : 7;
      for (std::int64_t i = first; i < last; ++i) run_chunk(operands, chunk(i), (pf & 1) && i + 1 < last ? chunk(i + 1) : Tiles{}, own);
    });
    return;
  }
}

Prefetch Winograd::region(const float* images, const Tiles& tiles, std::int64_t first_block, std::int64_t blocks, bool input) const noexcept {
  if (tiles.first == tiles.last) return {};
  std::int64_t line = tiles.first / tile_columns_, last_line = (tiles.last - 1) / tile_columns_;
  std::int64_t left = 0, right = tile_columns_;
  if (line == last_line) {
    left = tiles.first % tile_columns_;
    right = (tiles.last - 1) % tile_columns_ + 1;
  }
  const std::int64_t image = line / tile_lines_;
  line %= tile_lines_;
  last_line = std::min(last_line - image * tile_lines_, tile_lines_ - 1);
  const std::int64_t h = input ? shape_.in_height : shape_.out_height;
  const std::int64_t w = input ? shape_.in_width : shape_.out_width;
  const std::int64_t pt = input ? shape_.pad_top : 0, pl = input ? shape_.pad_left : 0, more = input ? 2 : 0;
  const std::int64_t y0 = std::clamp<std::int64_t>(line * tile_ - pt, 0, h), y1 = std::clamp<std::int64_t>((last_line + 1) * tile_ - pt + more, 0, h);
  const std::int64_t x0 = std::clamp<std::int64_t>(left * tile_ - pl, 0, w), x1 = std::clamp<std::int64_t>(right * tile_ - pl + more, 0, w);
  const std::int64_t all_blocks = input ? in_blocks() : out_blocks();
  return Prefetch(images + (((image * all_blocks + first_block) * h + y0) * w + x0) * width_, (x1 - x0) * width_, y1 - y0, w * width_, blocks, h * w * width_);
}

void Winograd::run_chunk(const Operands& operands, const Tiles& tiles, const Tiles& next,
                         float* scratch) const noexcept {
  static const int skip = std::getenv("SKIP") ? std::atoi(std::getenv("SKIP")) : 0;
  unsigned long long t0=__rdtsc();
  if (!(skip & 1)) for (std::int64_t block = 0; block < in_blocks(); ++block) {
    transform_input(operands.input, tiles, block, scratch);
  }
  g_phase[0]+=__rdtsc()-t0;
  Prefetch prefetch = region(operands.input, next, 0, in_blocks(), true);
  for (const OutGroup& group : groups_) {
    run_group(operands, group, tiles, prefetch, scratch, scratch + frequencies() * frequency_stride_);
  }
}

/// Calls body(image, tile line, tile column, tiles, index of the first) for the lines of `tiles`.
#define FOR_LINES                                                                         \
  for (std::int64_t i = tiles.first, count; i < tiles.last; i += count)

void Winograd::transform_input(const float* input, const Tiles& tiles, std::int64_t block,
                               float* frequencies) const noexcept {
  WinogradInputLine line;
  line.height = shape_.in_height;
  line.width = shape_.in_width;
  line.frequency_stride = frequency_stride_;
  FOR_LINES {
    const std::int64_t column = i % tile_columns_;
    const std::int64_t tile_line = i / tile_columns_ % tile_lines_;
    const std::int64_t image = i / tile_columns_ / tile_lines_;
    count = std::min(tile_columns_ - column, tiles.last - i);
    line.image = input + (image * in_blocks() + block) * line.height * line.width * width_;
    line.y = tile_line * tile_ - shape_.pad_top;
    line.x = column * tile_ - shape_.pad_left;
    line.tiles = count;
    line.transformed = frequencies + (block * chunk_tiles_ + i - tiles.first) * width_;
    loops_->winograd_input(tile_, line);
  }
}

void Winograd::run_group(const Operands& operands, const OutGroup& group, const Tiles& tiles,
                         Prefetch& next, const float* frequencies, float* products) const noexcept {
  static const int pf = std::getenv("PF") ? std::atoi(std::getenv("PF")) : 7;
  Prefetch out = pf & 2 ? region(operands.output, tiles, group.first_block, group.vectors, false) : Prefetch{};
  static const int skip = std::getenv("SKIP") ? std::atoi(std::getenv("SKIP")) : 0;
  unsigned long long t0=__rdtsc();
  if (!(skip & 2)) multiply(group, tiles.last - tiles.first, operands.packed + group.packed, next, out, frequencies, products);
  unsigned long long t1=__rdtsc(); g_phase[1]+=t1-t0;
  if (!(skip & 4)) transform_output(operands, group, tiles, products);
  g_phase[2]+=__rdtsc()-t1;
}

void Winograd::multiply(const OutGroup& group, std::int64_t tiles, const float* packed, Prefetch& next, Prefetch& out,
                        const float* frequencies, float* products) const noexcept {
  const std::int64_t cuts = divide_up(tiles, max_brgemm_rows(group.vectors, *loops_));
  BrgemmCall call;
  call.a_offsets = offsets_.data();
  call.batch = static_cast<std::int64_t>(offsets_.size());
  const std::int64_t panel = shape_.in_channels * group.vectors * width_;
  static const int pf = std::getenv("PF") ? std::atoi(std::getenv("PF")) : 7;
  const std::int64_t calls = this->frequencies() * cuts;
  const std::int64_t next_lines = divide_up(next.lines(), calls * groups_.size());
  const std::int64_t out_lines = divide_up(out.lines(), calls);
  for (std::int64_t f = 0; f < this->frequencies(); ++f) {
    call.b = packed + f * panel;
    Prefetch weights(pf & 4 ? call.b + panel : nullptr, panel, 1, 0, pf & 4 ? 1 : 0, 0);
    const std::int64_t weight_lines = divide_up(weights.lines(), cuts);
    for (std::int64_t i = 0; i < cuts; ++i) {
      const std::int64_t first = tiles * i / cuts, last = tiles * (i + 1) / cuts;
      weights.fetch(weight_lines);
      next.fetch(next_lines);
      out.fetch(out_lines);
      call.a = frequencies + f * frequency_stride_ + first * width_;
      call.c = products + f * product_stride_ + first * group.vectors * width_;
      products_[static_cast<std::size_t>(group.vectors * kMaxRows + last - first)](call);
    }
  }
}

void Winograd::transform_output(const Operands& operands, const OutGroup& group, const Tiles& tiles,
                                const float* products) const noexcept {
  alignas(64) float bias[kVectors + 1][kMaxWidth] = {};
  if (operands.epilogue.bias) {
    for (int v = 0; v < group.vectors; ++v) {
      const std::int64_t out = (group.first_block + v) * width_;
      std::copy_n(operands.epilogue.bias + out, std::min<std::int64_t>(width_, shape_.out_channels - out), bias[v]);
    }
  }
  WinogradOutputLine line;
  line.frequency_stride = product_stride_;
  line.tile_stride = group.vectors * width_;
  line.height = shape_.out_height;
  line.width = shape_.out_width;
  line.activation = operands.epilogue.activation;
  FOR_LINES {
    const std::int64_t column = i % tile_columns_;
    const std::int64_t tile_line = i / tile_columns_ % tile_lines_;
    const std::int64_t image = i / tile_columns_ / tile_lines_;
    count = std::min(tile_columns_ - column, tiles.last - i);
    line.y = tile_line * tile_;
    line.x = column * tile_;
    line.tiles = count;
    for (int v = 0; v < group.vectors; ++v) {
      const std::int64_t offset = (image * out_blocks() + group.first_block + v) * line.height * line.width * width_;
      line.image = operands.output + offset;
      line.residual = operands.epilogue.residual ? operands.epilogue.residual + offset : nullptr;
      line.products = products + ((i - tiles.first) * group.vectors + v) * width_;
      line.bias = bias[v];
      loops_->winograd_output(tile_, line);
    }
  }
}

}  // namespace headway
