#include "ops/grid_sample.h"

#include <algorithm>
#include <array>

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "backends/cpu/tap_table.h"
#include "ops/rules.h"

namespace headway::cpu {
namespace {

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

}  // namespace

std::unique_ptr<Step> lower_grid_sample(const Node& node, Lowering& lowering) {
  const Shape x = shape_of(node.input(0));
  if (!is_float(node.input(0)) || !is_float(node.input(1)) || x.size() > kMostAxes + 2 ||
      !is_addressable(product(std::span(x).subspan(2)))) {
    return nullptr;
  }
  return std::make_unique<GridSampleStep>(node, lowering);
}

}  // namespace headway::cpu
