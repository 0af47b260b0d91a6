#include "kernels/winograd/winograd_conv.h"

#include <algorithm>
#include <numeric>

#include <x86intrin.h>

#include "kernels/gemm/split.h"
#include "kernels/winograd/transforms.h"
unsigned long long g_phase[4];

namespace headway {
namespace {

constexpr int kMaxWidth = 16;
constexpr std::int64_t kMostFrequencies = 64;
constexpr float kNoBias[kMaxWidth] = {};

/// Weights up to this many bytes come fast enough without being fetched ahead, once they have been
/// used.
constexpr std::int64_t kNearWeightBytes = 2 * 1024 * 1024;

std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

/// An odd number of cache lines: planes that far apart do not compete for the same cache sets.
std::int64_t odd_lines(std::int64_t floats) {
  return (divide_up(floats, 16) | 1) * 16;
}

}  // namespace

struct WinogradConv::Image {
  std::int64_t blocks, height, width;
  std::int64_t pad_top, pad_left;
  std::int64_t halo;  ///< How far a tile reaches into the next.
};

/// Pixels of some tiles in some blocks of channels, to be fetched.
struct WinogradConv::Pixels {
  Image image;
  const float* data;
  Tiles rest;
  std::int64_t first_block, blocks;
  PrefetchRegion current;
};

struct WinogradConv::Operands {
  const float* input;
  const float* packed;
  const Epilogue& epilogue;
  float* output;
};

bool WinogradConv::applies(const ConvShape& s) noexcept {
  return s.groups == 1 && s.kernel_height == 3 && s.kernel_width == 3 && s.stride_height == 1 &&
         s.stride_width == 1 && s.dilation_height == 1 && s.dilation_width == 1 &&
         s.batch * s.in_channels * s.out_channels * s.out_height * s.out_width > 0;
}

WinogradConv::WinogradConv(const ConvShape& shape, int tile, const ConvPlan& plan, BrgemmSet& tiles)
    : WinogradConv(shape, tile, split_winograd(shape, tile, tiles.loops(), plan.threads), tiles) {}

WinogradConv::WinogradConv(const ConvShape& shape, int tile, const WinogradSplit& split,
                           BrgemmSet& tiles)
    : shape_(shape),
      tile_(tile),
      width_(tiles.loops().width),
      loops_(&tiles.loops()),
      in_blocks_(divide_up(shape.in_channels, width_)),
      out_blocks_(divide_up(shape.out_channels, width_)),
      tile_lines_(divide_up(shape.out_height, tile)),
      tile_columns_(divide_up(shape.out_width, tile)),
      tiles_{0, shape.batch * tile_lines_ * tile_columns_},
      split_(split),
      chunk_tiles_(divide_up(tiles_.size(), split_.chunks)),
      step_(static_cast<int>(std::gcd(shape.in_channels, std::int64_t{4}))) {
  cut_channels();
  for (std::int64_t c = 0; c < shape_.in_channels; c += step_) {
    const std::int64_t offset = c / width_ * chunk_tiles_ * width_ + c % width_;
    offsets_.push_back(offset * static_cast<std::int64_t>(sizeof(float)));
  }
  make_products(tiles);
}

WinogradConv::Image WinogradConv::input_image() const noexcept {
  return {in_blocks_, shape_.in_height, shape_.in_width, shape_.pad_top, shape_.pad_left, 2};
}

WinogradConv::Image WinogradConv::output_image() const noexcept {
  return {out_blocks_, shape_.out_height, shape_.out_width, 0, 0, 0};
}

void WinogradConv::cut_channels() {
  std::int64_t packed = 0;
  for (std::int64_t block = 0; block < out_blocks_; block += groups_.back().vectors) {
    const std::int64_t left = out_blocks_ - block;
    const std::int64_t vectors =
        left == kGroupVectors + 1 ? left : std::min<std::int64_t>(left, kGroupVectors);
    groups_.push_back({block, static_cast<int>(vectors), packed});
    packed += frequencies() * shape_.in_channels * vectors * width_;
  }
}

void WinogradConv::make_products(BrgemmSet& tiles) {
  const std::int64_t most = divide_up(chunk_tiles_, split_.parts);
  const std::int64_t least =
      std::max<std::int64_t>(1, tiles_.size() / split_.chunks / split_.parts);
  frequency_stride_ = odd_lines(in_blocks_ * chunk_tiles_ * width_);
  prefetched_weights_ = divide_up(step_ * kGroupVectors * width_,
                                  16 * divide_up(least, max_brgemm_rows(kGroupVectors, *loops_)));
  products_.resize(kGroupVectors + 2);
  for (const OutGroup* group : {&groups_.front(), &groups_.back()}) {
    product_stride_ = std::max(product_stride_, odd_lines(most * group->vectors * width_));
    BrgemmShape shape;
    shape.vectors = group->vectors;
    shape.k = step_;
    shape.a_row_stride = width_;
    shape.c_row_stride = std::int64_t{group->vectors} * width_;
    shape.c_vector_stride = width_;
    shape.prefetch[0] = static_cast<int>(prefetched_weights_);
    shape.prefetch[1] = prefetched_pixels();
    for (std::int64_t count = least; count <= most; ++count) {
      const std::int64_t cuts = divide_up(count, max_brgemm_rows(group->vectors, *loops_));
      for (const std::int64_t rows : {count / cuts, divide_up(count, cuts)}) {
        shape.rows = static_cast<int>(rows);
        products_[static_cast<std::size_t>(group->vectors)][static_cast<std::size_t>(rows)] =
            tiles.get(shape);
      }
    }
  }
}

std::size_t WinogradConv::packed_size() const noexcept {
  return static_cast<std::size_t>(frequencies() * shape_.in_channels * out_blocks_ * width_);
}

std::int64_t WinogradConv::pack_parts() const noexcept {
  return static_cast<std::int64_t>(groups_.size());
}

void WinogradConv::pack(const float* weights, float* packed) const noexcept {
  for (std::int64_t part = 0; part < pack_parts(); ++part) pack_part(weights, part, packed);
}

void WinogradConv::pack_part(const float* weights, std::int64_t part,
                             float* packed) const noexcept {
  // Some channels at a time, as frequencies lie far apart, which few cache sets would bear.
  constexpr std::int64_t kChannels = 4;
  alignas(64) float taps[kChannels * 9 * kMaxWidth];
  alignas(64) float transformed[kMostFrequencies * kChannels * (kGroupVectors + 1) * kMaxWidth];
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
                                       .transformed = transformed + v * width_,
                                       .frequency_stride = channels * row,
                                       .channel_stride = row});
    }
    for (std::int64_t f = 0; f < frequencies(); ++f) {
      std::copy_n(transformed + f * channels * row, channels * row,
                  packed + group.packed + (f * shape_.in_channels + c) * row);
    }
  }
}

/// The frequencies and products of each worker, or, if they share a chunk, its frequencies and then
/// the products of each.
std::size_t WinogradConv::scratch_bytes() const noexcept {
  const std::int64_t chunks = split_.shared ? 1 : split_.workers;
  const std::int64_t floats =
      frequencies() * (chunks * frequency_stride_ + split_.workers * product_stride_);
  return static_cast<std::size_t>(floats) * sizeof(float);
}

void WinogradConv::run(const KernelContext& context, const float* input, const float* packed,
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

void WinogradConv::run_chunks(const Operands& operands, std::int64_t worker,
                              float* scratch) const noexcept {
  float* products = scratch + frequencies() * frequency_stride_;
  const bool weights_stay =
      packed_size() * sizeof(float) <= static_cast<std::size_t>(kNearWeightBytes);
  const Range chunks = part_of(split_.chunks, worker, split_.workers);
  for (std::int64_t i = chunks.first; i < chunks.last; ++i) {
    const Tiles tiles = chunk(i);
    unsigned long long t0 = __rdtsc();
    for (std::int64_t block = 0; block < in_blocks_; ++block) {
      transform_input(operands, tiles, block, scratch + block * chunk_tiles_ * width_);
    }
    g_phase[0] += __rdtsc() - t0;
    Pixels next{input_image(), operands.input, {}, 0, in_blocks_, {}};
    if (i + 1 < chunks.last) next.rest = chunk(i + 1);
    for (const OutGroup& group : groups_) {
      t0 = __rdtsc();
      multiply(operands, group, tiles, i == chunks.first || !weights_stay, next, scratch, products);
      unsigned long long t1 = __rdtsc();
      g_phase[1] += t1 - t0;
      transform_output(operands, group, tiles, products);
      g_phase[2] += __rdtsc() - t1;
    }
  }
}

void WinogradConv::run_shared_chunk(const KernelContext& context, const Operands& operands,
                                    const Tiles& tiles, float* scratch) const noexcept {
  const std::int64_t pieces = std::min(divide_up(split_.workers, in_blocks_), tiles.size());
  const std::int64_t inputs = in_blocks_ * pieces;
  context.pool.parallel_for(inputs, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t block = i / pieces;
      const Tiles piece = tiles.part(i % pieces, pieces);
      transform_input(operands, piece, block,
                      scratch + (block * chunk_tiles_ + piece.first - tiles.first) * width_);
    }
  });
  float* products = scratch + frequencies() * frequency_stride_;
  const std::int64_t tasks = static_cast<std::int64_t>(groups_.size()) * split_.parts;
  context.pool.parallel_for(split_.workers, [&](std::int64_t first, std::int64_t last, int) {
    float* own = products + first * frequencies() * product_stride_;
    Pixels none{};
    for (std::int64_t i = tasks * first / split_.workers; i < tasks * last / split_.workers; ++i) {
      const OutGroup& group = groups_[static_cast<std::size_t>(i / split_.parts)];
      const Tiles part = tiles.part(i % split_.parts, split_.parts);
      multiply(operands, group, part, true, none, scratch + (part.first - tiles.first) * width_,
               own);
      transform_output(operands, group, part, own);
    }
  });
}

WinogradConv::Line WinogradConv::first_line(const Tiles& tiles) const noexcept {
  const std::int64_t line = tiles.first / tile_columns_, x = tiles.first % tile_columns_;
  return {line / tile_lines_, line % tile_lines_, x, std::min(tile_columns_ - x, tiles.size())};
}

/// Calls body(line, index of its first tile).
template <typename Body>
void WinogradConv::for_lines(const Tiles& tiles, const Body& body) const noexcept {
  for (Tiles rest = tiles; rest.size() > 0;) {
    const Line line = first_line(rest);
    body(line, rest.first - tiles.first);
    rest.first += line.tiles;
  }
}

void WinogradConv::transform_input(const Operands& operands, const Tiles& tiles, std::int64_t block,
                                   float* frequencies) const noexcept {
  const std::int64_t plane = shape_.in_height * shape_.in_width * width_;
  for_lines(tiles, [&](const Line& line, std::int64_t index) {
    loops_->winograd_input(tile_,
                           {.image = operands.input + (line.image * in_blocks_ + block) * plane,
                            .height = shape_.in_height,
                            .width = shape_.in_width,
                            .y = line.y * tile_ - shape_.pad_top,
                            .x = line.x * tile_ - shape_.pad_left,
                            .tiles = line.tiles,
                            .transformed = frequencies + index * width_,
                            .frequency_stride = frequency_stride_});
  });
}

/// Meanwhile the caches fill with what is needed next: the next frequency's weights, where the
/// output goes, and the next chunk's input.
void WinogradConv::multiply(const Operands& operands, const OutGroup& group, const Tiles& tiles,
                            bool weights_are_far, Pixels& next, const float* frequencies,
                            float* products) const noexcept {
  const std::int64_t cuts = divide_up(tiles.size(), max_brgemm_rows(group.vectors, *loops_));
  const std::int64_t row = std::int64_t{group.vectors} * width_;
  const std::int64_t panel = shape_.in_channels * row;
  Pixels output{output_image(), operands.output, tiles, group.first_block, group.vectors, {}};
  BrgemmCall call;
  call.a_offsets = offsets_.data();
  call.batch = static_cast<std::int64_t>(offsets_.size());
  call.b = operands.packed + group.packed;
  const std::int64_t pixels = call.batch * prefetched_pixels() * 16;
  const auto& table = products_[static_cast<std::size_t>(group.vectors)];
  for (std::int64_t f = 0; f < this->frequencies(); ++f, call.b += panel) {
    for (std::int64_t i = 0; i < cuts; ++i) {
      const Range rows = part_of(tiles.size(), i, cuts);
      call.prefetch[0] = weights_are_far ? call.b + panel + panel * i / cuts : call.b;
      call.prefetch[1] = take(output, pixels);
      if (!call.prefetch[1]) call.prefetch[1] = take(next, pixels);
      if (!call.prefetch[1]) call.prefetch[1] = call.b;
      call.a = frequencies + f * frequency_stride_ + rows.first * width_;
      call.c = products + f * product_stride_ + rows.first * row;
      table[static_cast<std::size_t>(rows.last - rows.first)](call);
    }
  }
}

void WinogradConv::transform_output(const Operands& operands, const OutGroup& group,
                                    const Tiles& tiles, const float* products) const noexcept {
  const std::int64_t plane = shape_.out_height * shape_.out_width * width_;
  const Epilogue& epilogue = operands.epilogue;
  for_lines(tiles, [&](const Line& line, std::int64_t index) {
    for (int v = 0; v < group.vectors; ++v) {
      const std::int64_t block = group.first_block + v;
      const std::int64_t offset = (line.image * out_blocks_ + block) * plane;
      loops_->winograd_output(tile_,
                              {.products = products + (index * group.vectors + v) * width_,
                               .frequency_stride = product_stride_,
                               .tile_stride = std::int64_t{group.vectors} * width_,
                               .image = operands.output + offset,
                               .residual = epilogue.residual ? epilogue.residual + offset : nullptr,
                               .height = shape_.out_height,
                               .width = shape_.out_width,
                               .y = line.y * tile_,
                               .x = line.x * tile_,
                               .tiles = line.tiles,
                               .bias = epilogue.bias ? epilogue.bias + block * width_ : kNoBias,
                               .activation = epilogue.activation});
    }
  });
}

/// The pixels that some tiles of one line cover.
PrefetchRegion WinogradConv::region(const Pixels& pixels, const Line& line) const noexcept {
  const Image& image = pixels.image;
  const auto pixel = [&](std::int64_t tile, std::int64_t pad, std::int64_t size) {
    return std::clamp<std::int64_t>(tile * tile_ - pad, 0, size);
  };
  const std::int64_t top = pixel(line.y, image.pad_top, image.height);
  const std::int64_t bottom = pixel(line.y + 1, image.pad_top - image.halo, image.height);
  const std::int64_t left = pixel(line.x, image.pad_left, image.width);
  const std::int64_t right = pixel(line.x + line.tiles, image.pad_left - image.halo, image.width);
  const std::int64_t plane = image.height * image.width * width_;
  return {pixels.data + (line.image * image.blocks + pixels.first_block) * plane +
              (top * image.width + left) * width_,
          (right - left) * width_,
          bottom - top,
          image.width * width_,
          pixels.blocks,
          plane};
}

/// The next run of at most `floats`, or null if all are taken.
const float* WinogradConv::take(Pixels& pixels, std::int64_t floats) const noexcept {
  const float* run = pixels.current.take(floats);
  while (!run && pixels.rest.size() > 0) {
    const Line line = first_line(pixels.rest);
    pixels.rest.first += line.tiles;
    pixels.current = region(pixels, line);
    run = pixels.current.take(floats);
  }
  return run;
}

}  // namespace headway
