#include "kernels/winograd/winograd_conv.h"

#include <algorithm>
#include <numeric>

#include "kernels/range.h"
#include "kernels/winograd/transforms.h"

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
      grid_{shape.batch, divide_up(shape.out_height, tile), divide_up(shape.out_width, tile)},
      split_(split),
      chunk_tiles_(divide_up(grid_.all().size(), split_.chunks)),
      step_(static_cast<int>(std::gcd(shape.in_channels, std::int64_t{4}))),
      fetched_pixels_(step_ * width_ / 8) {
  cut_channels();
  list_offsets();
  make_products(tiles);
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

/// Where an A_i of each product begins, behind the first one.
void WinogradConv::list_offsets() {
  for (std::int64_t c = 0; c < shape_.in_channels; c += step_) {
    const std::int64_t offset = c / width_ * chunk_tiles_ * width_ + c % width_;
    offsets_.push_back(offset * static_cast<std::int64_t>(sizeof(float)));
  }
}

void WinogradConv::make_products(BrgemmSet& tiles) {
  const std::int64_t most = divide_up(chunk_tiles_, split_.parts);
  const std::int64_t least = grid_.all().size() / split_.chunks / split_.parts;
  const std::int64_t calls = divide_up(least, max_brgemm_rows(kGroupVectors, *loops_));
  fetched_weights_ = static_cast<int>(divide_up(step_ * kGroupVectors * width_, 16 * calls));
  frequency_stride_ = odd_lines(in_blocks_ * chunk_tiles_ * width_);
  products_.resize(kGroupVectors + 2);
  for (const OutGroup* group : {&groups_.front(), &groups_.back()}) {
    product_stride_ = std::max(product_stride_, odd_lines(most * group->vectors * width_));
    BrgemmShape shape;
    shape.vectors = group->vectors;
    shape.k = step_;
    shape.a_row_stride = width_;
    shape.c_row_stride = std::int64_t{group->vectors} * width_;
    shape.c_vector_stride = width_;
    shape.prefetch[0] = fetched_weights_;
    shape.prefetch[1] = fetched_pixels_;
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

TilePixels WinogradConv::input_pixels(const Operands& operands,
                                      const TileRange& tiles) const noexcept {
  const TiledImage image{operands.input, in_blocks_, shape_.in_height, shape_.in_width, width_,
                         tile_,          2,          shape_.pad_top,   shape_.pad_left};
  return {image, grid_, tiles, 0, in_blocks_};
}

TilePixels WinogradConv::output_pixels(const Operands& operands, const OutGroup& group,
                                       const TileRange& tiles) const noexcept {
  const TiledImage image{operands.output,  out_blocks_, shape_.out_height,
                         shape_.out_width, width_,      tile_};
  return {image, grid_, tiles, group.first_block, group.vectors};
}

/// The frequencies and products of each worker, or, if they share a chunk, its frequencies and then
/// the products of each.
std::size_t WinogradConv::scratch_bytes() const noexcept {
  const std::int64_t chunks = split_.shared ? 1 : split_.workers;
  const std::int64_t floats = chunks * frequencies_size() + split_.workers * products_size();
  return static_cast<std::size_t>(floats) * sizeof(float);
}

void WinogradConv::run(const KernelContext& context, const ConvInput& input, const float* packed,
                       const Epilogue& epilogue, float* output, void* scratch) const noexcept {
  const Operands operands{input.data, packed, epilogue, output};
  auto* memory = static_cast<float*>(scratch);
  if (split_.shared) {
    for (std::int64_t i = 0; i < split_.chunks; ++i) {
      run_shared_chunk(context, operands, chunk(i), memory);
    }
    return;
  }
  const std::int64_t own = frequencies_size() + products_size();
  context.pool.parallel_for(split_.workers, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t w = first; w < last; ++w) run_chunks(operands, w, memory + w * own);
  });
}

void WinogradConv::run_chunks(const Operands& operands, std::int64_t worker,
                              float* scratch) const noexcept {
  float* products = scratch + frequencies_size();
  const bool weights_stay =
      packed_size() * sizeof(float) <= static_cast<std::size_t>(kNearWeightBytes);
  const Range chunks = part_of(split_.chunks, worker, split_.workers);
  for (std::int64_t i = chunks.first; i < chunks.last; ++i) {
    const TileRange tiles = chunk(i);
    for (std::int64_t block = 0; block < in_blocks_; ++block) {
      transform_input(operands, tiles, block, scratch + block * chunk_tiles_ * width_);
    }
    TilePixels next;
    if (i + 1 < chunks.last) next = input_pixels(operands, chunk(i + 1));
    for (const OutGroup& group : groups_) {
      multiply(operands, group, tiles, i == chunks.first || !weights_stay, next, scratch, products);
      transform_output(operands, group, tiles, products);
    }
  }
}

void WinogradConv::run_shared_chunk(const KernelContext& context, const Operands& operands,
                                    const TileRange& tiles, float* scratch) const noexcept {
  const std::int64_t pieces = std::min(divide_up(split_.workers, in_blocks_), tiles.size());
  const std::int64_t inputs = in_blocks_ * pieces;
  context.pool.parallel_for(inputs, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t block = i / pieces;
      const TileRange piece = tiles.part(i % pieces, pieces);
      transform_input(operands, piece, block,
                      scratch + (block * chunk_tiles_ + piece.first - tiles.first) * width_);
    }
  });
  float* products = scratch + frequencies_size();
  const std::int64_t tasks = static_cast<std::int64_t>(groups_.size()) * split_.parts;
  context.pool.parallel_for(split_.workers, [&](std::int64_t first, std::int64_t last, int) {
    float* own = products + first * products_size();
    TilePixels none;
    for (std::int64_t i = tasks * first / split_.workers; i < tasks * last / split_.workers; ++i) {
      const OutGroup& group = groups_[static_cast<std::size_t>(i / split_.parts)];
      const TileRange part = tiles.part(i % split_.parts, split_.parts);
      multiply(operands, group, part, true, none, scratch + (part.first - tiles.first) * width_,
               own);
      transform_output(operands, group, part, own);
    }
  });
}

void WinogradConv::transform_input(const Operands& operands, const TileRange& tiles,
                                   std::int64_t block, float* frequencies) const noexcept {
  const std::int64_t plane = shape_.in_height * shape_.in_width * width_;
  grid_.for_lines(tiles, [&](const TileLine& line, std::int64_t index) {
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
void WinogradConv::multiply(const Operands& operands, const OutGroup& group, const TileRange& tiles,
                            bool weights_are_far, TilePixels& next, const float* frequencies,
                            float* products) const noexcept {
  const std::int64_t cuts = divide_up(tiles.size(), max_brgemm_rows(group.vectors, *loops_));
  const std::int64_t row = std::int64_t{group.vectors} * width_;
  const std::int64_t panel = shape_.in_channels * row;
  TilePixels output = output_pixels(operands, group, tiles);
  BrgemmCall call;
  call.a_offsets = offsets_.data();
  call.batch = static_cast<std::int64_t>(offsets_.size());
  const float* const end = operands.packed + packed_size();
  call.b = operands.packed + group.packed;
  const std::int64_t pixels = call.batch * fetched_pixels_ * 16;
  const auto& table = products_[static_cast<std::size_t>(group.vectors)];
  for (std::int64_t f = 0; f < this->frequencies(); ++f, call.b += panel) {
    const float* next_weights = call.b + panel < end ? call.b + panel : operands.packed;
    for (std::int64_t i = 0; i < cuts; ++i) {
      const Range rows = part_of(tiles.size(), i, cuts);
      call.prefetch[0] = weights_are_far ? next_weights + panel * i / cuts : call.b;
      call.prefetch[1] = output.take(pixels);
      if (!call.prefetch[1]) call.prefetch[1] = next.take(pixels);
      if (!call.prefetch[1]) call.prefetch[1] = call.b;
      call.a = frequencies + f * frequency_stride_ + rows.first * width_;
      call.c = products + f * product_stride_ + rows.first * row;
      table[static_cast<std::size_t>(rows.last - rows.first)](call);
    }
  }
}

void WinogradConv::transform_output(const Operands& operands, const OutGroup& group,
                                    const TileRange& tiles, const float* products) const noexcept {
  const std::int64_t plane = shape_.out_height * shape_.out_width * width_;
  const Epilogue& epilogue = operands.epilogue;
  grid_.for_lines(tiles, [&](const TileLine& line, std::int64_t index) {
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

}  // namespace headway
