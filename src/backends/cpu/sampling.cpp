#include <algorithm>
#include <array>
#include <limits>

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "kernels/gemm/gemm.h"
#include "kernels/inner_loops.h"
#include "ops/conv_geometry.h"
#include "ops/grid_sample.h"
#include "ops/region.h"
#include "ops/rules.h"

namespace headway::cpu {
namespace {

constexpr std::size_t kMostAxes = 3;
/// Four along each axis.
constexpr std::int64_t kMostTaps = 64;
/// Points whose taps are worked out together, for all channels.
constexpr std::int64_t kChunk = 256;

/// The taps of a chunk of points, all of them along one axis combined with all along the others.
class TapTable {
 public:
  /// `memory`: bytes(taps).
  TapTable(void* memory, std::int64_t taps)
      : taps_(taps),
        offsets_(static_cast<std::int32_t*>(memory)),
        weights_(reinterpret_cast<float*>(offsets_ + taps * kChunk)) {}

  static std::size_t bytes(std::int64_t taps) {
    return static_cast<std::size_t>(taps * kChunk) * (sizeof(std::int32_t) + sizeof(float));
  }

  void set(std::int64_t point, std::int64_t tap, std::int64_t offset, double weight) {
    offsets_[tap * kChunk + point] = static_cast<std::int32_t>(offset);
    weights_[tap * kChunk + point] = static_cast<float>(weight);
  }

  /// What is outside, and taps that there are not, add nothing.
  void set(std::int64_t point, std::span<const AxisTaps> axes,
           std::span<const std::int64_t> extents, double factor = 1.0) {
    std::int64_t offsets[kMostTaps] = {0}, count = 1;
    double weights[kMostTaps] = {factor};
    for (std::size_t i = 0; i < axes.size(); ++i) {
      const auto more = static_cast<std::int64_t>(axes[i].count);
      for (std::int64_t tap = count * more; tap-- > 0;) {
        const auto at = static_cast<std::size_t>(tap % more);
        const bool inside = offsets[tap / more] >= 0 && axes[i].index[at] >= 0;
        weights[tap] = weights[tap / more] * axes[i].weight[at];
        offsets[tap] = inside ? offsets[tap / more] * extents[i] + axes[i].index[at] : -1;
      }
      count *= more;
    }
    for (std::int64_t tap = 0; tap < taps_; ++tap) {
      const bool inside = tap < count && offsets[tap] >= 0;
      set(point, tap, inside ? offsets[tap] : -1, inside ? weights[tap] : 0.0);
    }
  }

  /// The four neighbours of a point of a plane.
  void set_between(std::int64_t point, double y, double x, std::int64_t height, std::int64_t width,
                   double factor) {
    y = bounded_coordinate(y);
    x = bounded_coordinate(x);
    auto top = static_cast<std::int64_t>(y), left = static_cast<std::int64_t>(x);
    top -= static_cast<double>(top) > y ? 1 : 0;
    left -= static_cast<double>(left) > x ? 1 : 0;
    const double down = y - static_cast<double>(top), across = x - static_cast<double>(left);
    const double rows[] = {factor * (1.0 - down), factor * down};
    const double columns[] = {1.0 - across, across};
    for (std::int64_t i = 0; i < 4; ++i) {
      const std::int64_t row = top + i / 2, column = left + i % 2;
      const bool inside = row >= 0 && row < height && column >= 0 && column < width;
      set(point, i, inside ? row * width + column : -1,
          inside ? rows[i / 2] * columns[i % 2] : 0.0);
    }
  }

  /// Points that no one asks for.
  void fill_up(std::int64_t size) {
    for (; size % kWidestVector != 0; ++size) {
      for (std::int64_t tap = 0; tap < taps_; ++tap) set(size, tap, -1, 0.0);
    }
  }

  void sample(const InnerLoops& loops, std::int64_t size, const float* input, float* output) const {
    loops.sample_points({size, taps_, kChunk, offsets_, weights_, input, output});
  }

  /// Of an input whose channels lie side by side, `pitch` from one pixel to the next; a channel's
  /// points are written `stride` apart from the next one's. `rows`: kChunk × channels floats.
  void sample(const InnerLoops& loops, std::int64_t size, std::int64_t channels, const float* input,
              std::int64_t pitch, float* output, std::int64_t stride, float* rows) const {
    loops.sample_pixels({size, taps_, kChunk, channels, pitch, offsets_, weights_, input, rows});
    loops.transpose(size, channels, rows, channels, output, stride);
  }

 private:
  std::int64_t taps_;
  std::int32_t* offsets_;
  float* weights_;
};

/// Channels from which on it pays to have those of a pixel side by side, and floats of lines.
constexpr std::int64_t kManyChannels = 8;
constexpr std::int64_t in_lines(std::int64_t floats) {
  return (floats + 15) / 16 * 16;
}

/// output[pixel][channel] = input[channel][pixel]
void gather_channels(const KernelContext& context, std::int64_t channels, std::int64_t pixels,
                     const float* input, float* output) {
  const std::int64_t strips = (pixels + kChunk - 1) / kChunk;
  context.pool.parallel_for(strips, [&](std::int64_t strip, std::int64_t last, int) {
    for (; strip < last; ++strip) {
      const std::int64_t first = strip * kChunk, size = std::min(kChunk, pixels - first);
      context.loops.transpose(channels, size, input + first, pixels, output + first * channels,
                              channels);
    }
  });
}

class GridSampleStep final : public Step {
 public:
  GridSampleStep(const Node& node, const Lowering& lowering)
      : sampler_(sampler_of(node)),
        batch_(shape_of(node.input(0))[0]),
        channels_(shape_of(node.input(0))[1]),
        threads_(lowering.threads),
        loops_(lowering.loops) {
    const Shape x = shape_of(node.input(0)), y = shape_of(node.output());
    extents_.assign(x.begin() + 2, x.end());
    points_ = product(std::span(y).subspan(2));
    const std::int64_t along = sampler_.mode == Sampler::Mode::kNearest  ? 1
                               : sampler_.mode == Sampler::Mode::kLinear ? 2
                                                                         : 4;
    for (std::size_t axis = 0; axis < extents_.size(); ++axis) taps_ *= along;
    // What reflection puts elsewhere is no neighbour.
    is_plain_ = extents_.size() == 2 && sampler_.mode == Sampler::Mode::kLinear &&
                sampler_.outside != Sampler::Outside::kReflection;
    side_by_side_ = channels_ >= kManyChannels && points_ * taps_ >= product(extents_);
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    const std::int64_t chunks = (points_ + kChunk - 1) / kChunk, volume = product(extents_);
    for (std::int64_t image = 0; image < batch_; ++image) {
      const float* input = float_input(operands, 0) + image * channels_ * volume;
      float* output = float_output(operands) + image * channels_ * points_;
      auto* pixels = static_cast<float*>(operands.scratch);
      if (side_by_side_) gather_channels({pool, loops_}, channels_, volume, input, pixels);
      pool.parallel_for(chunks, [&](std::int64_t chunk, std::int64_t last, int thread) {
        float* rows = pixels + shared_floats() + thread * thread_floats();
        TapTable table(rows + (side_by_side_ ? kChunk * channels_ : 0), taps_);
        for (; chunk < last; ++chunk) {
          const std::int64_t first = chunk * kChunk, size = std::min(kChunk, points_ - first);
          fill(table, float_input(operands, 1), image * points_ + first, size);
          if (side_by_side_) {
            table.sample(loops_, size, channels_, pixels, channels_, output + first, points_, rows);
            continue;
          }
          for (std::int64_t channel = 0; channel < channels_; ++channel)
            table.sample(loops_, size, input + channel * volume,
                         output + channel * points_ + first);
        }
      });
    }
  }

  std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(shared_floats() + threads_ * thread_floats()) * sizeof(float);
  }

 private:
  /// For the image, and for the rows and the table of a thread.
  std::int64_t shared_floats() const {
    return side_by_side_ ? in_lines(channels_ * product(extents_)) : 0;
  }
  std::int64_t thread_floats() const {
    return (side_by_side_ ? kChunk * channels_ : 0) +
           static_cast<std::int64_t>(TapTable::bytes(taps_) / sizeof(float));
  }

  /// Coordinates of a point count innermost first.
  void fill(TapTable& table, const float* grid, std::int64_t first, std::int64_t size) const {
    const std::size_t rank = extents_.size();
    const float* at = grid + first * static_cast<std::int64_t>(rank);
    if (is_plain_) {
      for (std::int64_t point = 0; point < size; ++point, at += 2) {
        table.set_between(point, sampler_.position(at[1], extents_[0]),
                          sampler_.position(at[0], extents_[1]), extents_[0], extents_[1], 1.0);
      }
      return table.fill_up(size);
    }
    std::array<AxisTaps, kMostAxes> axes;
    for (std::int64_t point = 0; point < size; ++point) {
      for (std::size_t axis = 0; axis < rank; ++axis)
        axes[axis] = sampler_.taps(at[rank - 1 - axis], extents_[axis]);
      table.set(point, std::span(axes).first(rank), extents_);
      at += rank;
    }
    table.fill_up(size);
  }

  Sampler sampler_;
  std::int64_t batch_, channels_, points_ = 0, taps_ = 1;
  Shape extents_;
  bool is_plain_, side_by_side_;
  int threads_;
  const InnerLoops& loops_;
};

/// Regions' cells, each the mean of samples.
class RoiAlignStep final : public Step {
 public:
  RoiAlignStep(const Node& node, const Lowering& lowering)
      : align_(roi_align_of(node)),
        x_(shape_of(node.input(0))),
        regions_(shape_of(node.input(1))[0]),
        described_(node.described()),
        threads_(lowering.threads),
        loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    const auto* images = static_cast<const std::int64_t*>(operands.inputs[2]);
    for (std::int64_t region = 0; region < regions_; ++region)
      checked_image(described_, images[region], x_[0]);
    pool.parallel_for(regions_, [&](std::int64_t region, std::int64_t last, int thread) {
      void* memory = static_cast<std::byte*>(operands.scratch) +
                     static_cast<std::size_t>(thread) * TapTable::bytes(4 * kMostSamples);
      for (; region < last; ++region) align(operands, region, images[region], memory);
    });
  }

  std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(threads_) * TapTable::bytes(4 * kMostSamples);
  }

 private:
  /// Of some samples of a cell: a region may have any number of them.
  static constexpr std::int64_t kMostSamples = 16;

  void align(const Operands& operands, std::int64_t region, std::int64_t image,
             void* memory) const {
    const float* corners = float_input(operands, 1) + 4 * region;
    const Cells columns(align_, corners[0], corners[2], align_.width);
    const Cells rows(align_, corners[1], corners[3], align_.height);
    const std::int64_t cells = align_.height * align_.width, plane = x_[2] * x_[3];
    const std::int64_t samples = rows.samples * columns.samples;
    const std::int64_t at_once = std::min(samples, kMostSamples);
    TapTable table(memory, 4 * at_once);
    float* output = float_output(operands) + region * x_[1] * cells;
    std::fill_n(output, x_[1] * cells, 0.0F);
    for (std::int64_t first = 0; first < cells; first += kChunk) {
      const std::int64_t size = std::min(kChunk, cells - first);
      for (std::int64_t sample = 0; sample < samples; sample += at_once) {
        for (std::int64_t i = 0; i < size; ++i)
          fill(table, i, rows, columns, first + i, {sample, sample + at_once});
        table.fill_up(size);
        for (std::int64_t channel = 0; channel < x_[1]; ++channel) {
          float sums[kChunk];
          table.sample(loops_, size, float_input(operands, 0) + (image * x_[1] + channel) * plane,
                       sums);
          loops_.reduce_into(ReduceOp::kSum, size, sums, output + channel * cells + first);
        }
      }
    }
  }

  /// The taps of some samples of a cell, as far as there are so many.
  void fill(TapTable& table, std::int64_t point, const Cells& rows, const Cells& columns,
            std::int64_t cell, Range range) const {
    const std::int64_t samples = rows.samples * columns.samples;
    const double share = 1.0 / static_cast<double>(samples);
    for (std::int64_t i = 0; i < range.last - range.first; ++i) {
      const std::int64_t sample = std::min(range.first + i, samples - 1);
      const Neighbours y(rows.point(cell / align_.width, sample / columns.samples), x_[2]);
      const Neighbours x(columns.point(cell % align_.width, sample % columns.samples), x_[3]);
      const bool inside = y.inside && x.inside && range.first + i < samples;
      const auto set = [&](int which, std::int64_t row, std::int64_t column, double weight) {
        table.set(point, 4 * i + which, inside ? row * x_[3] + column : -1, weight * share);
      };
      set(0, y.low, x.low, (1.0 - y.fraction) * (1.0 - x.fraction));
      set(1, y.low, x.high, (1.0 - y.fraction) * x.fraction);
      set(2, y.high, x.low, y.fraction * (1.0 - x.fraction));
      set(3, y.high, x.high, y.fraction * x.fraction);
    }
  }

  RoiAlign align_;
  Shape x_;
  std::int64_t regions_;
  std::string described_;
  int threads_;
  const InnerLoops& loops_;
};

/// Columns of what each tap sees, times the weights.
class DeformConvStep final : public Step {
 public:
  DeformConvStep(const Node& node, const ConvGeometry& geometry, Lowering& lowering)
      : geometry_(geometry),
        groups_(node.get_int("offset_group", 1)),
        product_({.m = geometry.group_out(), .n = geometry.output_points(), .k = depth()}, {},
                 lowering.tiles, lowering.threads),
        threads_(lowering.threads),
        loops_(lowering.loops) {
    for (const WindowAxis& axis : geometry.axes) {
      extents_.push_back(axis.input);
      taps_ *= 2;
    }
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    const KernelContext context{pool, loops_};
    auto* columns = static_cast<float*>(operands.scratch);
    std::byte* rest = static_cast<std::byte*>(operands.scratch) + columns_bytes();
    const std::int64_t points = geometry_.output_points(), out = geometry_.group_out();
    const float* bias = float_input(operands, 3);
    for (std::int64_t image = 0; image < geometry_.batch; ++image) {
      const float* x =
          float_input(operands, 0) + image * geometry_.in_channels * geometry_.input_points();
      auto* pixels = reinterpret_cast<float*>(rest);
      gather_channels(context, geometry_.in_channels, geometry_.input_points(), x, pixels);
      gather(operands, pool, image, pixels, columns);
      for (std::int64_t group = 0; group < geometry_.groups; ++group) {
        float* y = float_output(operands) + (image * geometry_.out_channels + group * out) * points;
        product_.run(context, float_input(operands, 1) + group * out * depth(),
                     columns + group * depth() * points, {}, y, rest);
        for (std::int64_t i = 0; bias != nullptr && i < out; ++i) {
          loops_.scale_shift(points, y + i * points, 1.0F, bias[group * out + i], y + i * points);
        }
      }
    }
  }

  std::size_t scratch_bytes() const override {
    const auto gathering = static_cast<std::size_t>(pixels_floats() + threads_ * thread_floats());
    return columns_bytes() + std::max(gathering * sizeof(float), product_.scratch_bytes(false));
  }

 private:
  std::int64_t depth() const { return geometry_.group_in() * geometry_.kernel_points(); }
  std::size_t columns_bytes() const {
    const auto floats =
        static_cast<std::size_t>(geometry_.groups * depth() * geometry_.output_points());
    return (floats * sizeof(float) + 63) / 64 * 64;
  }

  /// For an image, and for the rows and the table of a thread.
  std::int64_t pixels_floats() const {
    return in_lines(geometry_.in_channels * geometry_.input_points());
  }
  std::int64_t thread_floats() const {
    return kChunk * (geometry_.in_channels / groups_) +
           static_cast<std::int64_t>(TapTable::bytes(taps_) / sizeof(float));
  }

  void gather(const Operands& operands, ThreadPool& pool, std::int64_t image, float* pixels,
              float* columns) const {
    const std::int64_t points = geometry_.output_points(), taps = geometry_.kernel_points();
    const std::int64_t chunks = (points + kChunk - 1) / kChunk;
    const std::int64_t channels = geometry_.in_channels / groups_;
    pool.parallel_for(groups_ * taps * chunks, [&](std::int64_t i, std::int64_t last, int thread) {
      float* rows = pixels + pixels_floats() + thread * thread_floats();
      TapTable table(rows + kChunk * channels, taps_);
      for (; i < last; ++i) {
        const std::int64_t row = i / chunks, first = i % chunks * kChunk;
        const std::int64_t size = std::min(kChunk, points - first);
        for (std::int64_t point = 0; point < size; ++point)
          fill(table, operands, image, row, first + point, point);
        const std::int64_t channel = row / taps * channels;
        table.sample(loops_, size, channels, pixels + channel, geometry_.in_channels,
                     columns + (channel * taps + row % taps) * points + first, taps * points, rows);
      }
    });
  }

  /// `row`: offset group and tap.
  void fill(TapTable& table, const Operands& operands, std::int64_t image, std::int64_t row,
            std::int64_t point, std::int64_t place) const {
    const std::size_t rank = extents_.size();
    const std::int64_t points = geometry_.output_points(), taps = geometry_.kernel_points();
    const std::int64_t line = image * groups_ * taps + row;
    const float* mask = float_input(operands, 4);
    const double factor = mask ? mask[line * points + point] : 1.0F;
    std::array<double, kMostAxes> at{};
    std::int64_t tap = row % taps, position = point;
    for (std::size_t axis = rank; axis-- > 0;) {
      const WindowAxis& a = geometry_.axes[axis];
      const std::int64_t regular =
          position % a.output * a.stride - a.pad_begin + tap % a.kernel * a.dilation;
      const std::int64_t index =
          line * static_cast<std::int64_t>(rank) + static_cast<std::int64_t>(axis);
      const double offset = float_input(operands, 2)[index * points + point];
      at[axis] = static_cast<double>(regular) + offset;
      position /= a.output;
      tap /= a.kernel;
    }
    if (rank == 2) return table.set_between(place, at[0], at[1], extents_[0], extents_[1], factor);
    std::array<AxisTaps, kMostAxes> axes;
    for (std::size_t axis = 0; axis < rank; ++axis)
      axes[axis] = linear_taps(at[axis], extents_[axis]);
    table.set(place, std::span(axes).first(rank), extents_, factor);
  }

  ConvGeometry geometry_;
  std::int64_t groups_, taps_ = 1;
  Shape extents_;
  Gemm product_;
  int threads_;
  const InnerLoops& loops_;
};

/// Offsets are 32 bits wide.
bool is_addressable(std::int64_t volume) {
  return volume <= std::numeric_limits<std::int32_t>::max();
}

}  // namespace

std::unique_ptr<Step> lower_grid_sample(const Node& node, Lowering& lowering) {
  const Shape x = shape_of(node.input(0));
  if (!is_float(node.input(0)) || !is_float(node.input(1)) || x.size() > kMostAxes + 2 ||
      !is_addressable(product(std::span(x).subspan(2)))) {
    return nullptr;
  }
  return std::make_unique<GridSampleStep>(node, lowering);
}

std::unique_ptr<Step> lower_roi_align(const Node& node, Lowering& lowering) {
  const Shape x = shape_of(node.input(0));
  if (!is_float(node.input(0)) || roi_align_of(node).maximum || !is_addressable(x[2] * x[3])) {
    return nullptr;
  }
  return std::make_unique<RoiAlignStep>(node, lowering);
}

std::unique_ptr<Step> lower_deform_conv(const Node& node, Lowering& lowering) {
  const ConvGeometry geometry = conv_geometry(node);
  if (!is_float(node.input(0)) || geometry.axes.size() > kMostAxes ||
      !is_addressable(geometry.input_points())) {
    return nullptr;
  }
  return std::make_unique<DeformConvStep>(node, geometry, lowering);
}

}  // namespace headway::cpu
