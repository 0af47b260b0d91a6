#include "kernels/winograd/winograd.h"

#include <algorithm>
#include <numeric>
#include <cstdlib>

#include "kernels/gemm/split.h"
#include "kernels/winograd/transforms.h"
#include <x86intrin.h>
unsigned long long g_phase[4];

namespace headway {
namespace {

constexpr int kMaxWidth = 16;
constexpr int kVectors = 2;  ///< Per group; the last one may have one more or less.

/// Weights beyond this do not stay in the second-level cache beside everything else.
constexpr std::int64_t kResidentWeightBytes = 384 * 1024;

std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

/// An odd number of cache lines: planes that far apart do not compete for the same cache sets.
std::int64_t odd_lines(std::int64_t floats) {
  return (divide_up(floats, 16) | 1) * 16;
}

}  // namespace

struct Winograd::Image {
  std::int64_t blocks, height, width;
  std::int64_t pad_top, pad_left;
  std::int64_t halo;  ///< Pixels that a tile is higher and wider than what is next to it.
};

struct Winograd::Operands {
  const float* input;
  const float* packed;
  const Epilogue& epilogue;
  float* output;
};

bool Winograd::applies(const ConvShape& s) noexcept {
  return s.groups == 1 && s.kernel_height == 3 && s.kernel_width == 3 && s.stride_height == 1 &&
         s.stride_width == 1 && s.dilation_height == 1 && s.dilation_width == 1 &&
         s.batch * s.in_channels * s.out_channels * s.out_height * s.out_width > 0;
}

Winograd::Winograd(const ConvShape& shape, int tile, BrgemmSet& tiles, int threads)
    : shape_(shape),
      tile_(tile),
      width_(tiles.loops().width),
      loops_(&tiles.loops()),
      in_blocks_(divide_up(shape.in_channels, width_)),
      out_blocks_(divide_up(shape.out_channels, width_)),
      tile_lines_(divide_up(shape.out_height, tile)),
      tile_columns_(divide_up(shape.out_width, tile)),
      split_(split_winograd(shape, tile, tiles.loops(), threads)),
      chunk_tiles_(divide_up(all_tiles(), split_.chunks)),
      step_(static_cast<int>(std::gcd(shape.in_channels, std::int64_t{4}))) {
  cut_channels();
  frequency_stride_ = odd_lines(in_blocks_ * chunk_tiles_ * width_);
  product_stride_ = odd_lines(chunk_tiles_ * groups_.back().vectors * width_);
  for (std::int64_t c = 0; c < shape_.in_channels; c += step_) {
    const std::int64_t offset = (c / width_ * chunk_tiles_ + c % width_ / width_) * width_;
    offsets_.push_back((offset + c % width_) * static_cast<std::int64_t>(sizeof(float)));
  }
  make_products(tiles);
}

Winograd::Tiles Winograd::chunk(std::int64_t index) const noexcept {
  const Range range = part_of(all_tiles(), index, split_.chunks);
  return {range.first, range.last};
}

Winograd::Image Winograd::input_image() const noexcept {
  return {in_blocks_, shape_.in_height, shape_.in_width, shape_.pad_top, shape_.pad_left, 2};
}

Winograd::Image Winograd::output_image() const noexcept {
  return {out_blocks_, shape_.out_height, shape_.out_width, 0, 0, 0};
}

void Winograd::cut_channels() {
  std::int64_t packed = 0;
  for (std::int64_t block = 0; block < out_blocks_;) {
    const std::int64_t left = out_blocks_ - block;
    const auto vectors = static_cast<int>(left == kVectors + 1 ? left : std::min<std::int64_t>(left, kVectors));
    groups_.push_back({block, vectors, packed});
    packed += frequencies() * shape_.in_channels * vectors * width_;
    block += vectors;
  }
}

void Winograd::make_products(BrgemmSet& tiles) {
  const std::int64_t least = all_tiles() / split_.chunks;
  const std::int64_t weights =
      static_cast<std::int64_t>(packed_size() * sizeof(float)) / (split_.shared ? split_.workers : 1);
  prefetches_weights_ = weights > (std::getenv("RW") ? std::atoi(std::getenv("RW")) : 384) * 1024;
  prefetch_ = step_ * (chunk_tiles_ > 2 * max_brgemm_rows(kVectors, *loops_) ? 1 : 2);
  if (std::getenv("JP")) prefetch_ = std::atoi(std::getenv("JP"));
  products_.resize(kVectors + 2);
  for (const OutGroup* group : {&groups_.front(), &groups_.back()}) {
    BrgemmShape shape;
    shape.vectors = group->vectors;
    shape.k = step_;
    shape.a_row_stride = width_;
    shape.c_row_stride = std::int64_t{group->vectors} * width_;
    shape.c_vector_stride = width_;
    shape.prefetch = prefetch_;
    for (std::int64_t count = least; count <= chunk_tiles_; ++count) {
      const std::int64_t cuts = divide_up(count, max_brgemm_rows(group->vectors, *loops_));
      for (const std::int64_t rows : {count / cuts, divide_up(count, cuts)}) {
        shape.rows = static_cast<int>(rows);
        products_[static_cast<std::size_t>(group->vectors)][static_cast<std::size_t>(rows)] =
            tiles.get(shape);
      }
    }
  }
}

std::size_t Winograd::packed_size() const noexcept {
  return static_cast<std::size_t>(frequencies() * shape_.in_channels * out_blocks_ * width_);
}

std::int64_t Winograd::pack_parts() const noexcept {
  return static_cast<std::int64_t>(groups_.size());
}

void Winograd::pack(const float* weights, float* packed) const noexcept {
  for (std::int64_t part = 0; part < pack_parts(); ++part) pack_part(weights, part, packed);
}

void Winograd::pack_part(const float* weights, std::int64_t part, float* packed) const noexcept {
  constexpr std::int64_t kChannels = 8;
  alignas(64) float taps[kChannels * 9 * kMaxWidth];
  const OutGroup& group = groups_[static_cast<std::size_t>(part)];
  const std::int64_t row = std::int64_t{group.vectors} * width_;
  const std::int64_t from_stride = shape_.in_channels * 9;
  for (std::int64_t c = 0; c < shape_.in_channels; c += kChannels) {
    const std::int64_t channels = std::min(kChannels, shape_.in_channels - c);
    for (int v = 0; v < group.vectors; ++v) {
      const std::int64_t out = (group.first_block + v) * width_;
      const std::int64_t lanes = std::min<std::int64_t>(width_, shape_.out_channels - out);
      if (lanes < width_) std::fill(std::begin(taps), std::end(taps), 0.0F);
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

/// Scratch memory: frequencies and products of each thread, or, if they share a chunk, its
/// frequencies and then each one's products.
std::size_t Winograd::scratch_bytes() const noexcept {
  const std::int64_t chunks = split_.shared ? 1 : split_.workers;
  const std::int64_t floats =
      frequencies() * (chunks * frequency_stride_ + split_.workers * product_stride_);
  return static_cast<std::size_t>(floats) * sizeof(float);
}

void Winograd::run(const KernelContext& context, const float* input, const float* packed,
                   const Epilogue& epilogue, float* output, void* scratch) const noexcept {
  const Operands operands{input, packed, epilogue, output};
  auto* memory = static_cast<float*>(scratch);
  if (split_.shared) {
    for (std::int64_t i = 0; i < split_.chunks; ++i) {
      run_shared_chunk(context, operands, chunk(i), memory);
    }
    return;
  }
  const std::int64_t own = frequencies() * (frequency_stride_ + product_stride_);
  context.pool.parallel_for(split_.workers, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t w = first; w < last; ++w) run_chunks(operands, w, memory + w * own);
  });
}

void Winograd::run_chunks(const Operands& operands, std::int64_t worker,
                          float* scratch) const noexcept {
  float* products = scratch + frequencies() * frequency_stride_;
  const Range chunks = part_of(split_.chunks, worker, split_.workers);
  for (std::int64_t i = chunks.first; i < chunks.last; ++i) {
    const Tiles tiles = chunk(i);
    unsigned long long t0=__rdtsc();
    for (std::int64_t block = 0; block < in_blocks_; ++block) {
      transform_input(operands, tiles, block, scratch + block * chunk_tiles_ * width_);
    }
    g_phase[0]+=__rdtsc()-t0;
    PrefetchRegion next;
    if (i + 1 < chunks.last) {
      next = region(input_image(), operands.input, chunk(i + 1), 0, in_blocks_);
    }
    for (const OutGroup& group : groups_) {
      t0=__rdtsc();
      multiply(operands, group, tiles, next, scratch, products);
      unsigned long long t1=__rdtsc(); g_phase[1]+=t1-t0;
      transform_output(operands, group, tiles, products);
      g_phase[2]+=__rdtsc()-t1;
    }
  }
}

void Winograd::run_shared_chunk(const KernelContext& context, const Operands& operands,
                                const Tiles& chunk, float* scratch) const noexcept {
  const std::int64_t workers = split_.workers;
  const std::int64_t pieces = std::min(divide_up(2 * workers, in_blocks_), chunk.size());
  context.pool.parallel_for(workers, [&](std::int64_t first, std::int64_t last, int) {
    const Range items{in_blocks_ * pieces * first / workers, in_blocks_ * pieces * last / workers};
    for (std::int64_t i = items.first; i < items.last; ++i) {
      const Range piece = part_of(chunk.size(), i % pieces, pieces);
      const std::int64_t block = i / pieces;
      transform_input(operands, {chunk.first + piece.first, chunk.first + piece.last}, block,
                      scratch + (block * chunk_tiles_ + piece.first) * width_);
    }
  });
  float* products = scratch + frequencies() * frequency_stride_;
  context.pool.parallel_for(workers, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t w = first; w < last; ++w) {
      float* own = products + w * frequencies() * product_stride_;
      const Range range = part_of(static_cast<std::int64_t>(groups_.size()), w, workers);
      PrefetchRegion none;
      for (std::int64_t g = range.first; g < range.last; ++g) {
        const OutGroup& group = groups_[static_cast<std::size_t>(g)];
        multiply(operands, group, chunk, none, scratch, own);
        transform_output(operands, group, chunk, own);
      }
    }
  });
}

template <typename Body>
void Winograd::for_lines(const Tiles& tiles, const Body& body) const noexcept {
  for (std::int64_t i = tiles.first; i < tiles.last;) {
    const std::int64_t line = i / tile_columns_, x = i % tile_columns_;
    const std::int64_t count = std::min(tile_columns_ - x, tiles.last - i);
    body(Line{line / tile_lines_, line % tile_lines_, x, count, i - tiles.first});
    i += count;
  }
}

void Winograd::transform_input(const Operands& operands, const Tiles& tiles, std::int64_t block,
                               float* frequencies) const noexcept {
  const std::int64_t plane = shape_.in_height * shape_.in_width * width_;
  for_lines(tiles, [&](const Line& line) {
    loops_->winograd_input(
        tile_, {.image = operands.input + (line.image * in_blocks_ + block) * plane,
                .height = shape_.in_height,
                .width = shape_.in_width,
                .y = line.y * tile_ - shape_.pad_top,
                .x = line.x * tile_ - shape_.pad_left,
                .tiles = line.tiles,
                .transformed = frequencies + line.index * width_,
                .frequency_stride = frequency_stride_});
  });
}

/// Meanwhile the caches fill with what is needed next: the next frequency's weights, where the
/// output goes, and the next chunk's input.
void Winograd::multiply(const Operands& operands, const OutGroup& group, const Tiles& tiles,
                        PrefetchRegion& next, const float* frequencies,
                        float* products) const noexcept {
  const std::int64_t cuts = divide_up(tiles.size(), max_brgemm_rows(group.vectors, *loops_));
  const std::int64_t row = std::int64_t{group.vectors} * width_;
  const std::int64_t panel = shape_.in_channels * row;
  PrefetchRegion output =
      region(output_image(), operands.output, tiles, group.first_block, group.vectors);
  BrgemmCall call;
  call.a_offsets = offsets_.data();
  call.batch = static_cast<std::int64_t>(offsets_.size());
  call.b = operands.packed + group.packed;
  const std::int64_t fetched = call.batch * prefetch_ * 16;
  const auto& table = products_[static_cast<std::size_t>(group.vectors)];
  for (std::int64_t f = 0; f < this->frequencies(); ++f, call.b += panel) {
    PrefetchRegion weights{call.b + panel, panel, 1, 0, prefetches_weights_, 0};
    for (std::int64_t i = 0; i < cuts; ++i) {
      const Range rows = part_of(tiles.size(), i, cuts);
      call.prefetch = weights.take(fetched);
      if (!call.prefetch) call.prefetch = output.take(fetched);
      if (!call.prefetch) call.prefetch = next.take(fetched);
      if (!call.prefetch) call.prefetch = call.b;
      call.a = frequencies + f * frequency_stride_ + rows.first * width_;
      call.c = products + f * product_stride_ + rows.first * row;
      table[static_cast<std::size_t>(rows.last - rows.first)](call);
    }
  }
}

void Winograd::transform_output(const Operands& operands, const OutGroup& group, const Tiles& tiles,
                                const float* products) const noexcept {
  alignas(64) float bias[kVectors + 1][kMaxWidth] = {};
  for (int v = 0; operands.epilogue.bias && v < group.vectors; ++v) {
    const std::int64_t out = (group.first_block + v) * width_;
    std::copy_n(operands.epilogue.bias + out,
                std::min<std::int64_t>(width_, shape_.out_channels - out), bias[v]);
  }
  const std::int64_t plane = shape_.out_height * shape_.out_width * width_;
  const float* residual = operands.epilogue.residual;
  for_lines(tiles, [&](const Line& line) {
    for (int v = 0; v < group.vectors; ++v) {
      const std::int64_t offset = (line.image * out_blocks_ + group.first_block + v) * plane;
      loops_->winograd_output(
          tile_, {.products = products + (line.index * group.vectors + v) * width_,
                  .frequency_stride = product_stride_,
                  .tile_stride = std::int64_t{group.vectors} * width_,
                  .image = operands.output + offset,
                  .residual = residual ? residual + offset : nullptr,
                  .height = shape_.out_height,
                  .width = shape_.out_width,
                  .y = line.y * tile_,
                  .x = line.x * tile_,
                  .tiles = line.tiles,
                  .bias = bias[v],
                  .activation = operands.epilogue.activation});
    }
  });
}

/// The pixels of some tiles, as far as they lie in the first one's image; whole lines of tiles
/// unless they all lie in one.
PrefetchRegion Winograd::region(const Image& image, const float* data, const Tiles& tiles,
                                std::int64_t first_block, std::int64_t blocks) const noexcept {
  const std::int64_t line = tiles.first / tile_columns_, last = (tiles.last - 1) / tile_columns_;
  const std::int64_t index = line / tile_lines_;
  const std::int64_t end = std::min(last + 1 - index * tile_lines_, tile_lines_);
  const std::int64_t left = line == last ? tiles.first % tile_columns_ : 0;
  const std::int64_t right = line == last ? (tiles.last - 1) % tile_columns_ + 1 : tile_columns_;
  const auto y = [&](std::int64_t row) {
    return std::clamp<std::int64_t>(row * tile_ - image.pad_top, 0, image.height);
  };
  const auto x = [&](std::int64_t column) {
    return std::clamp<std::int64_t>(column * tile_ - image.pad_left, 0, image.width);
  };
  const std::int64_t top = y(line % tile_lines_), start = x(left);
  const std::int64_t plane = image.height * image.width * width_;
  return {data + (index * image.blocks + first_block) * plane +
              (top * image.width + start) * width_,
          (std::min(x(right) + image.halo, image.width) - start) * width_,
          std::min(y(end) + image.halo, image.height) - top,
          image.width * width_,
          blocks,
          plane};
}

}  // namespace headway
