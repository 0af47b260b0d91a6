#include <algorithm>
#include <string>

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "backends/cpu/tap_table.h"
#include "ops/region.h"

namespace headway::cpu {
namespace {

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

}  // namespace

std::unique_ptr<Step> lower_roi_align(const Node& node, Lowering& lowering) {
  const Shape x = shape_of(node.input(0));
  if (!is_float(node.input(0)) || roi_align_of(node).maximum || !is_addressable(x[2] * x[3])) {
    return nullptr;
  }
  return std::make_unique<RoiAlignStep>(node, lowering);
}

}  // namespace headway::cpu
