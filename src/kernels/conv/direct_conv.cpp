#include "kernels/conv/direct_conv.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "kernels/range.h"
#include "kernels/threshold.h"

namespace headway {
namespace {

/// Bytes of input that stay in the second-level cache while the weights stream past.
constexpr std::int64_t kBandBytes = 256 * 1024;

constexpr std::int64_t kFloatsPerLine = 16;

/// Results that wait for their activation together, in the first-level cache.
constexpr std::int64_t kTilesActivated = 8;

/// Enough to hide the loop around it; more would only lengthen the code.
constexpr std::int64_t kLongestStep = 4;

std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

bool is_pointwise(const ConvShape& s) {
  return s.kernel_height * s.kernel_width == 1 && s.stride_height * s.stride_width == 1 &&
         s.pad_top == 0 && s.pad_left == 0 && s.in_height == s.out_height &&
         s.in_width == s.out_width;
}

/// Where pixels do not see their neighbours an image is one long line.
ConvShape flattened(ConvShape s) {
  if (!is_pointwise(s)) return s;
  s.in_width = s.out_width = s.in_height * s.in_width;
  s.in_height = s.out_height = 1;
  return s;
}

std::int64_t source_height(const ConvShape& s, std::int64_t lines) {
  return (lines - 1) * s.stride_height + (s.kernel_height - 1) * s.dilation_height + 1;
}

std::int64_t source_width(const ConvShape& s) {
  return (s.out_width - 1) * s.stride_width + (s.kernel_width - 1) * s.dilation_width + 1;
}

bool reaches_over_edge(const ConvShape& s) {
  return s.pad_top > 0 || s.pad_left > 0 || source_height(s, s.out_height) > s.in_height ||
         source_width(s) > s.in_width;
}

BrgemmActivation in_tile(Unary activation) {
  if (activation.op == UnaryOp::kRelu) return BrgemmActivation::kRelu;
  if (activation.op == UnaryOp::kClip) return BrgemmActivation::kClip;
  return BrgemmActivation::kNone;
}

}  // namespace

DirectConv::DirectConv(const ConvShape& shape, const ConvPlan& plan, BrgemmSet& tiles)
    : shape_(plan.plain_input || plan.prologue.scale ? shape : flattened(shape)),
      width_(tiles.loops().width),
      loops_(&tiles.loops()),
      plain_input_(plan.plain_input),
      prologue_(plan.prologue),
      copies_(plan.plain_input || plan.prologue.scale || reaches_over_edge(shape)) {
  if (in_tile(plan.epilogue.activation) == BrgemmActivation::kNone) {
    late_activation_ = plan.epilogue.activation;
  }
  const std::int64_t per_group = shape.in_channels / shape.groups;
  step_ = static_cast<int>(std::min(kLongestStep, std::gcd(per_group, std::int64_t{width_})));
  if (plain_input_) step_ = static_cast<int>(shape.dilation_width == 1 ? shape.kernel_width : 1);
  const int vectors = choose_vectors();
  cut_lines(vectors);
  lay_out_source();
  cut_channels(vectors);
  make_tiles(plan.epilogue, tiles);
  place_tiles();
  divide(plan.threads);
}

std::int64_t DirectConv::in_blocks() const noexcept {
  return plain_input_ ? shape_.in_channels : divide_up(shape_.in_channels, width_);
}

std::int64_t DirectConv::out_blocks() const noexcept {
  return divide_up(shape_.out_channels, width_);
}

std::int64_t DirectConv::first_line(std::int64_t group) const noexcept {
  return shape_.out_height * group / line_groups_;
}

std::int64_t DirectConv::first_column(std::int64_t tile) const noexcept {
  return shape_.out_width * tile / column_tiles_;
}

/// What bands consist of: single tiles, or, where a band is copied, tiles over whole lines.
std::int64_t DirectConv::units() const noexcept {
  return copies_ ? line_groups_ : line_groups_ * column_tiles_;
}

/// Two vectors let the greatest tile load least per product; few pixels need more to fill the
/// registers.
int DirectConv::choose_vectors() const {
  const std::int64_t blocks =
      shape_.groups == 1 ? out_blocks() : divide_up(shape_.out_channels / shape_.groups, width_);
  int vectors = 2;
  for (const int wider : {4, 8}) {
    if (max_brgemm_rows(wider, *loops_) >= out_plane()) vectors = wider;
  }
  if (blocks == 3 && vectors == 2) vectors = 3;
  return static_cast<int>(std::min<std::int64_t>(vectors, blocks));
}

void DirectConv::cut_lines(int vectors) {
  const std::int64_t rows = max_brgemm_rows(vectors, *loops_);
  column_tiles_ = divide_up(shape_.out_width, rows);
  const std::int64_t columns = divide_up(shape_.out_width, column_tiles_);
  const std::int64_t lines = column_tiles_ > 1 ? 1 : std::max<std::int64_t>(1, rows / columns);
  line_groups_ = divide_up(shape_.out_height, lines);
}

void DirectConv::lay_out_source() {
  source_pixel_ = plain_input_ ? 1 : width_;
  const std::int64_t lines = divide_up(shape_.out_height, line_groups_);
  const std::int64_t pixel_bytes =
      in_blocks() * source_pixel_ * static_cast<std::int64_t>(sizeof(float));
  if (copies_) {
    copy_width_ = source_width(shape_);
    const std::int64_t line_bytes = copy_width_ * pixel_bytes * shape_.stride_height * lines;
    band_units_ = std::clamp<std::int64_t>(kBandBytes / line_bytes, 1, line_groups_);
    band_units_ = divide_up(line_groups_, divide_up(line_groups_, band_units_));
    copy_lines_ = source_height(shape_, lines * band_units_);
    source_line_ = copy_width_ * source_pixel_;
    source_plane_ = copy_lines_ * source_line_;
    return;
  }
  const std::int64_t tile_bytes =
      divide_up(shape_.out_width, column_tiles_) * lines * shape_.stride_width * pixel_bytes;
  band_units_ = std::clamp<std::int64_t>(kBandBytes / tile_bytes, 1, units());
  source_line_ = shape_.in_width * source_pixel_;
  source_plane_ = shape_.in_height * source_line_;
}

void DirectConv::cut_channels(int vectors) {
  const std::int64_t out_per_group = shape_.out_channels / shape_.groups;
  const std::int64_t in_per_group = shape_.in_channels / shape_.groups;
  const auto range = [&](std::int64_t block, ColumnGroup& group) {
    const std::int64_t last = std::min((block + 1) * width_, shape_.out_channels) - 1;
    group.first_channel = block * width_ / out_per_group * in_per_group;
    group.last_channel = (last / out_per_group + 1) * in_per_group;
  };
  for (std::int64_t block = 0; block < out_blocks();) {
    ColumnGroup group{.first_block = block++};
    range(group.first_block, group);
    for (; group.vectors < vectors && block < out_blocks(); ++block, ++group.vectors) {
      ColumnGroup next;
      range(block, next);
      if (next.first_channel != group.first_channel || next.last_channel != group.last_channel) {
        break;
      }
    }
    list_offsets(group);
    if (!groups_.empty()) {
      const ColumnGroup& before = groups_.back();
      group.packed = before.packed + before.batch * step_ * before.vectors * width_;
    }
    groups_.push_back(group);
  }
}

/// The order in which the weights are packed: blocks of channels, then taps, so that a block of the
/// input stays in the first-level cache for all of them, then channels of the block.
void DirectConv::list_offsets(ColumnGroup& group) {
  if (!groups_.empty() && groups_.back().first_channel == group.first_channel &&
      groups_.back().last_channel == group.last_channel) {
    group.first_offset = groups_.back().first_offset;
    group.batch = groups_.back().batch;
    return;
  }
  group.first_offset = offsets_.size();
  const std::int64_t taps_per_step = plain_input_ ? step_ : 1;
  const std::int64_t block = plain_input_ ? 1 : width_;
  const std::int64_t channels_per_step = plain_input_ ? 1 : step_;
  for (std::int64_t c = group.first_channel; c < group.last_channel;) {
    const std::int64_t end = std::min((c / block + 1) * block, group.last_channel);
    for (std::int64_t tap = 0; tap < taps(); tap += taps_per_step) {
      const std::int64_t ky = tap / shape_.kernel_width, kx = tap % shape_.kernel_width;
      for (std::int64_t channel = c; channel < end; channel += channels_per_step) {
        const std::int64_t offset = channel / block * source_plane_ +
                                    ky * shape_.dilation_height * source_line_ +
                                    kx * shape_.dilation_width * source_pixel_ + channel % block;
        offsets_.push_back(offset * static_cast<std::int64_t>(sizeof(float)));
      }
    }
    c = end;
  }
  group.batch = static_cast<std::int64_t>(offsets_.size() - group.first_offset);
}

void DirectConv::make_tiles(const EpilogueKind& epilogue, BrgemmSet& tiles) {
  const std::int64_t lines = divide_up(shape_.out_height, line_groups_);
  const std::int64_t columns = divide_up(shape_.out_width, column_tiles_);
  tiles_.resize(kMaxBrgemmVectors + 1);
  BrgemmShape tile;
  tile.k = step_;
  tile.a_row_stride = shape_.stride_width * source_pixel_;
  tile.a_line_stride = shape_.stride_height * source_line_;
  tile.c_row_stride = width_;
  tile.c_line_stride = shape_.out_width * width_;
  tile.c_vector_stride = out_plane() * width_;
  tile.bias = epilogue.bias;
  tile.residual = epilogue.residual;
  tile.activation = in_tile(epilogue.activation);
  for (const ColumnGroup& group : groups_) {
    tile.vectors = group.vectors;
    tile.prefetch[0] = static_cast<int>(prefetched_lines(group));
    for (std::size_t variant = 0; variant < 4; ++variant) {
      const std::int64_t short_lines = variant % 2, short_columns = variant / 2;
      if (lines == short_lines || columns == short_columns) continue;
      tile.line_rows = static_cast<int>(columns - short_columns);
      tile.rows = static_cast<int>(lines - short_lines) * tile.line_rows;
      if (short_lines && shape_.out_height % line_groups_ == 0) continue;
      if (short_columns && shape_.out_width % column_tiles_ == 0) continue;
      tiles_[static_cast<std::size_t>(group.vectors)][variant] = tiles.get(tile);
    }
  }
}

std::int64_t DirectConv::tiles_per_band() const noexcept {
  return band_units_ * (copies_ ? column_tiles_ : 1);
}

/// Cache lines of the next group's weights that a tile fetches with each of its products, so that
/// all tiles of a band together fetch them all; 0 if the weights stay in the second-level cache.
std::int64_t DirectConv::prefetched_lines(const ColumnGroup& group) const noexcept {
  constexpr std::int64_t kNearBytes = 384 * 1024;
  const auto bytes = static_cast<std::int64_t>(sizeof(float));
  if (static_cast<std::int64_t>(packed_size()) * bytes < kNearBytes) return 0;
  return divide_up(std::int64_t{step_} * group.vectors * width_, kFloatsPerLine * tiles_per_band());
}

/// Threads share the pixels, the channels or both: whatever balances best, and among equals what
/// reads least, as each part of the pixels streams all weights and each part of the channels reads
/// the whole image.
void DirectConv::divide(int threads) {
  const std::int64_t all_units = shape_.batch * units();
  const auto all_groups = static_cast<std::int64_t>(groups_.size());
  const auto image =
      static_cast<double>(shape_.batch * shape_.in_channels * shape_.in_height * shape_.in_width);
  const auto weights = static_cast<double>(packed_size());
  const auto products = weights * static_cast<double>(shape_.batch * out_plane());
  // About as many multiplications fit into the time that a float takes from the shared cache.
  constexpr double kProductsPerRead = 8;
  double best = 0;
  for (std::int64_t units_cut = 1; units_cut <= threads; ++units_cut) {
    const std::int64_t groups_cut = std::min(threads / units_cut, all_groups);
    if (units_cut > all_units) break;
    const double share =
        static_cast<double>(divide_up(all_units, units_cut)) / static_cast<double>(all_units) *
        static_cast<double>(divide_up(all_groups, groups_cut)) / static_cast<double>(all_groups);
    const double reads = weights / static_cast<double>(groups_cut) +
                         image / static_cast<double>(units_cut) * (copies_ ? 3 : 1);
    const double cost = products * share + kProductsPerRead * reads;
    if (best == 0 || cost < best) {
      best = cost;
      unit_parts_ = units_cut;
      group_parts_ = groups_cut;
    }
  }
  if (products < static_cast<double>(kSmallProduct)) unit_parts_ = group_parts_ = 1;
}

/// Where each tile lies, worked out beforehand, and where another one would.
void DirectConv::place_tiles() {
  for (std::int64_t i = 0; i < line_groups_ * column_tiles_; ++i) {
    const std::int64_t line = first_line(i / column_tiles_);
    const std::int64_t column = first_column(i % column_tiles_);
    const std::int64_t lines = first_line(i / column_tiles_ + 1) - line;
    const std::int64_t columns = first_column(i % column_tiles_ + 1) - column;
    const bool short_lines = lines * line_groups_ < shape_.out_height;
    const bool short_columns = columns * column_tiles_ < shape_.out_width;
    places_.push_back(
        {line * shape_.stride_height * source_line_ + column * shape_.stride_width * source_pixel_,
         line * shape_.out_width + column, short_lines + 2U * short_columns});
  }
  places_.push_back({0, out_plane(), 0});
}

std::size_t DirectConv::packed_size() const noexcept {
  const ColumnGroup& last = groups_.back();
  return static_cast<std::size_t>(last.packed + last.batch * step_ * last.vectors * width_);
}

/// Floats of one thread's copy of a band.
std::int64_t DirectConv::copy_size() const noexcept {
  return copies_ ? divide_up(in_blocks() * source_plane_, 16) * 16 : 0;
}

std::size_t DirectConv::scratch_bytes() const noexcept {
  return static_cast<std::size_t>(copy_size() * unit_parts_ * group_parts_) * sizeof(float);
}

struct DirectConv::Task {
  const ConvInput& input;
  const float* packed;
  const Epilogue& epilogue;
  float* output;
};

void DirectConv::run(const KernelContext& context, const ConvInput& input, const float* packed,
                     const Epilogue& epilogue, float* output, void* scratch) const noexcept {
  const Task task{input, packed, epilogue, output};
  auto* copies = static_cast<float*>(scratch);
  const auto parts = [&](std::int64_t first, std::int64_t last, int thread) {
    for (std::int64_t part = first; part < last; ++part) {
      run_task(task, part, copies + thread * copy_size());
    }
  };
  context.pool.parallel_for(unit_parts_ * group_parts_, parts);
}

void DirectConv::run_task(const Task& task, std::int64_t index, float* copy) const noexcept {
  const std::int64_t all_units = shape_.batch * units();
  const Range range = part_of(all_units, index / group_parts_, unit_parts_);
  const Range groups =
      part_of(static_cast<std::int64_t>(groups_.size()), index % group_parts_, group_parts_);
  for (std::int64_t unit = range.first; unit < range.last;) {
    const std::int64_t image = unit / units();
    const std::int64_t image_end = std::min((image + 1) * units(), range.last);
    const std::int64_t end = std::min(unit + band_units_, image_end);
    run_band(task, image, unit - image * units(), end - image * units(), groups.first, groups.last,
             copy);
    unit = end;
  }
}

void DirectConv::run_band(const Task& task, std::int64_t image, std::int64_t first_unit,
                          std::int64_t last_unit, std::int64_t first_group, std::int64_t last_group,
                          float* copy) const noexcept {
  const float* source =
      task.input.data + image * in_blocks() * shape_.in_height * shape_.in_width * source_pixel_;
  std::int64_t first_source_line = 0;
  if (copies_) {
    const std::int64_t line = first_line(first_unit);
    first_source_line = line * shape_.stride_height;
    const float* scale =
        task.input.scale ? task.input.scale + image * task.input.scale_stride : nullptr;
    copy_lines({source, scale, task.input.shift}, first_source_line - shape_.pad_top,
               source_height(shape_, first_line(last_unit) - line), copy);
    source = copy;
  }
  const std::int64_t tiles_per_unit = copies_ ? column_tiles_ : 1;
  source -= first_source_line * source_line_;
  for (std::int64_t g = first_group; g < last_group; ++g) {
    const std::int64_t next = g + 1 < last_group ? g + 1 : first_group;
    run_tiles(task, groups_[static_cast<std::size_t>(g)], source, image,
              {first_unit * tiles_per_unit, last_unit * tiles_per_unit},
              task.packed + groups_[static_cast<std::size_t>(next)].packed);
  }
}

/// The tiles of a band for one group of output channels. `source` is where line 0 would lie.
void DirectConv::run_tiles(const Task& task, const ColumnGroup& group, const float* source,
                           std::int64_t image, Range tiles, const float* prefetch) const noexcept {
  const std::int64_t out = (image * out_blocks() + group.first_block) * out_plane() * width_;
  const std::int64_t fetched = prefetched_lines(group) * kFloatsPerLine * group.batch;
  const auto& variants = tiles_[static_cast<std::size_t>(group.vectors)];
  BrgemmCall call;
  call.a_offsets = offsets_.data() + group.first_offset;
  call.batch = group.batch;
  call.b = task.packed + group.packed;
  if (task.epilogue.bias) call.bias = task.epilogue.bias + group.first_block * width_;
  call.prefetch[0] = prefetch;
  call.low = task.epilogue.activation.alpha;
  call.high = task.epilogue.activation.beta;
  for (std::int64_t t = tiles.first, waiting = t; t < tiles.last; ++t) {
    const Place& place = places_[static_cast<std::size_t>(t)];
    const std::int64_t offset = out + place.pixel * width_;
    call.a = source + place.source;
    call.c = task.output + offset;
    if (task.epilogue.residual) call.residual = task.epilogue.residual + offset;
    variants[place.variant](call);
    call.prefetch[0] += fetched;
    if (t + 1 - waiting == kTilesActivated || t + 1 == tiles.last) {
      activate(task, group, image, waiting, t + 1);
      waiting = t + 1;
    }
  }
}

/// What the tiles could not do to their results, which lie one after the other.
void DirectConv::activate(const Task& task, const ColumnGroup& group, std::int64_t image,
                          std::int64_t first_tile, std::int64_t last_tile) const noexcept {
  if (late_activation_.op == UnaryOp::kIdentity) return;
  const std::int64_t first = places_[static_cast<std::size_t>(first_tile)].pixel;
  const std::int64_t last = places_[static_cast<std::size_t>(last_tile)].pixel;
  for (int v = 0; v < group.vectors; ++v) {
    const std::int64_t plane = (image * out_blocks() + group.first_block + v) * out_plane();
    float* pixels = task.output + (plane + first) * width_;
    loops_->unary(late_activation_, (last - first) * width_, pixels, pixels);
  }
}

/// Lines of the padded image, `first` counted from the image's own first one.
void DirectConv::copy_lines(const Source& image, std::int64_t first, std::int64_t count,
                            float* copy) const noexcept {
  const std::int64_t pixel = source_pixel_;
  const std::int64_t left = std::min(shape_.pad_left, copy_width_);
  const std::int64_t inside = std::clamp<std::int64_t>(copy_width_ - left, 0, shape_.in_width);
  for (std::int64_t block = 0; block < in_blocks(); ++block) {
    for (std::int64_t i = 0; i < count; ++i) {
      float* to = copy + block * source_plane_ + i * source_line_;
      const std::int64_t y = first + i;
      if (y < 0 || y >= shape_.in_height) {
        std::fill_n(to, copy_width_ * pixel, 0.0F);
        continue;
      }
      const float* from = image.data + (block * shape_.in_height + y) * shape_.in_width * pixel;
      std::fill_n(to, left * pixel, 0.0F);
      if (image.scale) {
        loops_->scale_shift_pixels({inside, from, image.scale + block * width_,
                                    image.shift ? image.shift + block * width_ : nullptr,
                                    prologue_.relu, to + left * pixel});
      } else {
        std::copy_n(from, inside * pixel, to + left * pixel);
      }
      std::fill(to + (left + inside) * pixel, to + copy_width_ * pixel, 0.0F);
    }
  }
}

}  // namespace headway
