#include <algorithm>
#include <array>

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "backends/cpu/tap_table.h"
#include "kernels/gemm/gemm.h"
#include "ops/conv_geometry.h"

namespace headway::cpu {
namespace {

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

}  // namespace

std::unique_ptr<Step> lower_deform_conv(const Node& node, Lowering& lowering) {
  const ConvGeometry geometry = conv_geometry(node);
  if (!is_float(node.input(0)) || geometry.axes.size() > kMostAxes ||
      !is_addressable(geometry.input_points())) {
    return nullptr;
  }
  return std::make_unique<DeformConvStep>(node, geometry, lowering);
}

}  // namespace headway::cpu
