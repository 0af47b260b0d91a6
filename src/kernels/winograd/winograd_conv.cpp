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

/// Of tiles that share products of all frequencies of a line.
constexpr std::int64_t kMostHalfRows = 4;

/// What G does to the values of a tap polynomial at 0, 1, -1, ∞, 2 and -2, for tiles of 4 × 4.
constexpr float kPointFactors[] = {1.0F / 4, -1.0F / 6, -1.0F / 6, 1, 1.0F / 24, 1.0F / 24};

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

WinogradConv::WinogradConv(const ConvShape& shape, WinogradForm form, const ConvPlan& plan,
                           BrgemmSet& tiles)
    : WinogradConv(shape, form, split_winograd(shape, form, tiles.loops(), plan.threads), tiles) {}

WinogradConv::WinogradConv(const ConvShape& shape, WinogradForm form, const WinogradSplit& split,
                           BrgemmSet& tiles)
    : shape_(shape),
      form_(form),
      width_(tiles.loops().width),
      loops_(&tiles.loops()),
      in_blocks_(divide_up(shape.in_channels, width_)),
      out_blocks_(divide_up(shape.out_channels, width_)),
      grid_{shape.batch, divide_up(shape.out_height, form.tile),
            divide_up(shape.out_width, form.tile)},
      split_(split),
      chunk_tiles_(divide_up(grid_.all().size(), split_.chunks)),
      step_(static_cast<int>(std::gcd(shape.in_channels, std::int64_t{4}))),
      fetched_pixels_(form.half ? 0 : step_ * width_ / 8) {
  for (int vectors = 1; vectors <= kGroupVectors + 1; ++vectors) {
    most_rows_.push_back(form.half ? kMostHalfRows : max_brgemm_rows(vectors, *loops_));
  }
  cut_channels();
  list_offsets();
  make_products(tiles);
}

void WinogradConv::cut_channels() {
  std::int64_t packed = 0;
  for (std::int64_t block = 0; block < out_blocks_; block += groups_.back().vectors) {
    const std::int64_t left = out_blocks_ - block;
    std::int64_t vectors =
        left == kGroupVectors + 1 ? left : std::min<std::int64_t>(left, kGroupVectors);
    if (form_.half) vectors = 1;
    groups_.push_back({block, static_cast<int>(vectors), packed});
    packed += product_count() * shape_.in_channels * weight_row(groups_.back());
  }
}

std::int64_t WinogradConv::weight_row(const OutGroup& group) const noexcept {
  return width_ * (form_.half ? 3 : group.vectors);
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
  const std::int64_t calls = divide_up(least, most_rows(groups_.front()));
  fetched_weights_ = static_cast<int>(divide_up(step_ * weight_row(groups_.front()), 16 * calls));
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
    shape.at_points = form_.half;
    for (std::int64_t count = least; count <= most; ++count) {
      const std::int64_t cuts = divide_up(count, most_rows(*group));
      for (const std::int64_t rows : {count / cuts, divide_up(count, cuts)}) {
        shape.rows = static_cast<int>(rows) * form_.lines();
        if (form_.half) {
          shape.line_rows = static_cast<int>(rows);
          shape.a_line_stride = frequency_stride_;
          shape.c_line_stride = product_stride_;
        }
        products_[static_cast<std::size_t>(group->vectors)][static_cast<std::size_t>(rows)] =
            tiles.get(shape);
      }
    }
  }
}

std::size_t WinogradConv::packed_size() const noexcept {
  const OutGroup& last = groups_.back();
  const std::int64_t size = product_count() * shape_.in_channels * weight_row(last);
  return static_cast<std::size_t>(last.packed + size);
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
  // Where an element of a row of weights lies: taps of half transformed ones are neighbours.
  const std::int64_t taps_together = form_.half ? 3 : 1;
  const std::int64_t count = product_count() * taps_together;
  for (std::int64_t c = 0; c < shape_.in_channels; c += kChannels) {
    const std::int64_t channels = std::min(kChannels, shape_.in_channels - c);
    for (int v = 0; v < group.vectors; ++v) {
      const std::int64_t out = (group.first_block + v) * width_;
      const std::int64_t lanes = std::min<std::int64_t>(width_, shape_.out_channels - out);
      if (lanes < width_) std::fill(std::begin(taps), std::end(taps), 0.0F);
      loops_->transpose(lanes, channels * 9, weights + out * from_stride + c * 9, from_stride, taps,
                        width_);
      loops_->winograd_weights(form_.tile, {.taps = taps,
                                            .channels = channels,
                                            .transformed = transformed + v * width_,
                                            .frequency_stride = channels * row,
                                            .channel_stride = row,
                                            .half = form_.half});
    }
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t product = i / taps_together, tap = i % taps_together;
      float* to =
          packed + group.packed + ((product * shape_.in_channels + c) * taps_together + tap) * row;
      for (std::int64_t channel = 0; channel < channels; ++channel) {
        std::copy_n(transformed + (i * channels + channel) * row, row,
                    to + channel * taps_together * row);
      }
    }
  }
}

TilePixels WinogradConv::input_pixels(const Operands& operands,
                                      const TileRange& tiles) const noexcept {
  const TiledImage image{operands.input, in_blocks_, shape_.in_height, shape_.in_width, width_,
                         form_.tile,     2,          shape_.pad_top,   shape_.pad_left};
  return {image, grid_, tiles, 0, in_blocks_};
}

TilePixels WinogradConv::output_pixels(const Operands& operands, Range groups,
                                       const TileRange& tiles) const noexcept {
  const OutGroup& first = groups_[static_cast<std::size_t>(groups.first)];
  const OutGroup& last = groups_[static_cast<std::size_t>(groups.last - 1)];
  const int shrunk = operands.epilogue.max_pool ? 2 : 1;
  const TiledImage image{operands.output,           out_blocks_, shape_.out_height / shrunk,
                         shape_.out_width / shrunk, width_,      form_.tile / shrunk};
  return {image, grid_, tiles, first.first_block,
          last.first_block + last.vectors - first.first_block};
}

/// The frequencies and products of each worker, or, if they share a chunk, its frequencies and then
/// the products of each.
std::size_t WinogradConv::scratch_bytes() const noexcept {
  const std::int64_t chunks = split_.shared ? 1 : split_.workers;
  const std::int64_t floats =
      chunks * frequencies_size() + split_.workers * split_.gathered * products_size();
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
  const std::int64_t own = frequencies_size() + split_.gathered * products_size();
  context.pool.parallel_for(split_.workers, [&](std::int64_t first, std::int64_t last, int thread) {
    for (std::int64_t w = first; w < last; ++w) {
      run_chunks({context.pool, thread}, operands, w, memory + w * own);
    }
  });
}

void WinogradConv::run_chunks(const Thread& thread, const Operands& operands, std::int64_t worker,
                              float* scratch) const noexcept {
  float* products = scratch + frequencies_size();
  const bool weights_stay =
      packed_size() * sizeof(float) <= static_cast<std::size_t>(kNearWeightBytes);
  const Range chunks = part_of(split_.chunks, worker, split_.workers);
  for (std::int64_t i = chunks.first; i < chunks.last; ++i) {
    const TileRange tiles = chunk(i);
    {
      const ThreadPool::TransformTimer timer(thread.pool, thread.index);
      for (std::int64_t block = 0; block < in_blocks_; ++block) {
        transform_input(operands, tiles, block, scratch + block * chunk_tiles_ * width_);
      }
    }
    TilePixels next;
    if (i + 1 < chunks.last) next = input_pixels(operands, chunk(i + 1));
    const auto all = static_cast<std::int64_t>(groups_.size());
    for (std::int64_t g = 0; g < all; g += split_.gathered) {
      const Range groups{g, std::min(g + split_.gathered, all)};
      multiply(operands, groups, tiles, i == chunks.first || !weights_stay, next, scratch,
               products);
      const ThreadPool::TransformTimer timer(thread.pool, thread.index);
      transform_output(operands, groups, tiles, products);
    }
  }
}

void WinogradConv::run_shared_chunk(const KernelContext& context, const Operands& operands,
                                    const TileRange& tiles, float* scratch) const noexcept {
  const std::int64_t pieces = std::min(divide_up(split_.workers, in_blocks_), tiles.size());
  const std::int64_t inputs = in_blocks_ * pieces;
  context.pool.parallel_for(inputs, [&](std::int64_t first, std::int64_t last, int thread) {
    const ThreadPool::TransformTimer timer(context.pool, thread);
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t block = i / pieces;
      const TileRange piece = tiles.part(i % pieces, pieces);
      transform_input(operands, piece, block,
                      scratch + (block * chunk_tiles_ + piece.first - tiles.first) * width_);
    }
  });
  float* products = scratch + frequencies_size();
  const std::int64_t tasks = static_cast<std::int64_t>(groups_.size()) * split_.parts;
  context.pool.parallel_for(split_.workers, [&](std::int64_t first, std::int64_t last, int thread) {
    float* own = products + first * split_.gathered * products_size();
    TilePixels none;
    const Range mine{tasks * first / split_.workers, tasks * last / split_.workers};
    for (std::int64_t i = mine.first; i < mine.last;) {
      const std::int64_t g = i / split_.parts;
      const Range groups{g, split_.parts > 1 ? g + 1 : std::min(g + split_.gathered, mine.last)};
      const TileRange part = tiles.part(i % split_.parts, split_.parts);
      multiply(operands, groups, part, true, none, scratch + (part.first - tiles.first) * width_,
               own);
      const ThreadPool::TransformTimer timer(context.pool, thread);
      transform_output(operands, groups, part, own);
      i += groups.last - groups.first;
    }
  });
}

void WinogradConv::transform_input(const Operands& operands, const TileRange& tiles,
                                   std::int64_t block, float* frequencies) const noexcept {
  const std::int64_t plane = shape_.in_height * shape_.in_width * width_;
  grid_.for_lines(tiles, [&](const TileLine& line, std::int64_t index) {
    loops_->winograd_input(form_.tile,
                           {.image = operands.input + (line.image * in_blocks_ + block) * plane,
                            .height = shape_.in_height,
                            .width = shape_.in_width,
                            .y = line.y * form_.tile - shape_.pad_top,
                            .x = line.x * form_.tile - shape_.pad_left,
                            .tiles = line.tiles,
                            .transformed = frequencies + index * width_,
                            .frequency_stride = frequency_stride_});
  });
}

/// All groups' products of one frequency, then of the next, so that the tiles' are read once.
/// Meanwhile the caches fill with what is needed next: the next product's weights, where the output
/// goes, and the next chunk's input.
void WinogradConv::multiply(const Operands& operands, Range groups, const TileRange& tiles,
                            bool weights_are_far, TilePixels& next, const float* frequencies,
                            float* products) const noexcept {
  TilePixels output = output_pixels(operands, groups, tiles);
  BrgemmCall call;
  call.a_offsets = offsets_.data();
  call.batch = static_cast<std::int64_t>(offsets_.size());
  call.line_factors = kPointFactors;
  const std::int64_t pixels = call.batch * fetched_pixels_ * 16, count = product_count();
  const auto weights = [&](std::int64_t product, std::int64_t g) {
    const OutGroup& group = groups_[static_cast<std::size_t>(g)];
    return operands.packed + group.packed + product * shape_.in_channels * weight_row(group);
  };
  const auto next_weights = [&](std::int64_t product, std::int64_t g) {
    if (g + 1 < groups.last) return weights(product, g + 1);
    if (product + 1 < count) return weights(product + 1, groups.first);
    return groups.last < static_cast<std::int64_t>(groups_.size()) ? weights(0, groups.last)
                                                                   : operands.packed;
  };
  for (std::int64_t product = 0; product < count; ++product) {
    const std::int64_t f = product * form_.lines();
    for (std::int64_t g = groups.first; g < groups.last; ++g) {
      const OutGroup& group = groups_[static_cast<std::size_t>(g)];
      const std::int64_t cuts = divide_up(tiles.size(), most_rows(group));
      const std::int64_t panel = shape_.in_channels * weight_row(group);
      const float* const ahead = next_weights(product, g);
      const auto& table = products_[static_cast<std::size_t>(group.vectors)];
      call.b = weights(product, g);
      for (std::int64_t i = 0; i < cuts; ++i) {
        const Range rows = part_of(tiles.size(), i, cuts);
        call.prefetch[0] = weights_are_far ? ahead + panel * i / cuts : call.b;
        call.prefetch[1] = output.take(pixels);
        if (!call.prefetch[1]) call.prefetch[1] = next.take(pixels);
        if (!call.prefetch[1]) call.prefetch[1] = call.b;
        call.a = frequencies + f * frequency_stride_ + rows.first * width_;
        call.c = products + (g - groups.first) * products_size() + f * product_stride_ +
                 rows.first * group.vectors * width_;
        table[static_cast<std::size_t>(rows.last - rows.first)](call);
      }
    }
  }
}

void WinogradConv::transform_output(const Operands& operands, Range groups, const TileRange& tiles,
                                    const float* products) const noexcept {
  for (std::int64_t g = groups.first; g < groups.last; ++g, products += products_size()) {
    transform_output(operands, groups_[static_cast<std::size_t>(g)], tiles, products);
  }
}

void WinogradConv::transform_output(const Operands& operands, const OutGroup& group,
                                    const TileRange& tiles, const float* products) const noexcept {
  const Epilogue& epilogue = operands.epilogue;
  const int shrunk = epilogue.max_pool ? 2 : 1;
  const std::int64_t plane = (shape_.out_height / shrunk) * (shape_.out_width / shrunk) * width_;
  grid_.for_lines(tiles, [&](const TileLine& line, std::int64_t index) {
    for (int v = 0; v < group.vectors; ++v) {
      const std::int64_t block = group.first_block + v;
      const std::int64_t offset = (line.image * out_blocks_ + block) * plane;
      loops_->winograd_output(form_.tile,
                              {.products = products + (index * group.vectors + v) * width_,
                               .frequency_stride = product_stride_,
                               .tile_stride = std::int64_t{group.vectors} * width_,
                               .image = operands.output + offset,
                               .residual = epilogue.residual ? epilogue.residual + offset : nullptr,
                               .height = shape_.out_height,
                               .width = shape_.out_width,
                               .y = line.y * form_.tile,
                               .x = line.x * form_.tile,
                               .tiles = line.tiles,
                               .bias = epilogue.bias ? epilogue.bias + block * width_ : kNoBias,
                               .activation = epilogue.activation,
                               .max_pool = epilogue.max_pool});
    }
  });
}

}  // namespace headway
