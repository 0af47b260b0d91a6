#include <algorithm>

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "kernels/inner_loops.h"
#include "kernels/threshold.h"

namespace headway::cpu {
namespace {

/// x / (bias + alpha / size · Σ squares of neighbouring channels)^beta
class LrnStep final : public Step {
 public:
  LrnStep(const Node& node, const Lowering& lowering)
      : rows_(around(shape_of(node.input(0)), 1, 2)),
        before_((node.get_int("size", 1) - 1) / 2),
        after_(node.get_int("size", 1) / 2),
        scale_(node.get_float("alpha", 1e-4F) / static_cast<float>(node.get_int("size", 1))),
        beta_(node.get_float("beta", 0.75F)),
        bias_(node.get_float("bias", 1.0F)),
        loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    const auto [outer, channels, points] = rows_;
    const std::int64_t strips = (points + kStrip - 1) / kStrip, size = points;
    constexpr std::int64_t kWorkPerElement = 8;
    for_tasks({pool, loops_}, outer * channels * strips, std::min(points, kStrip) * kWorkPerElement,
              [&](std::int64_t task, std::int64_t last, int) {
                for (; task < last; ++task) {
                  const std::int64_t first = task % strips * kStrip;
                  normalize(operands, task / strips, first, std::min(kStrip, size - first));
                }
              });
  }

 private:
  static constexpr std::int64_t kStrip = 1024;

  void normalize(const Operands& operands, std::int64_t row, std::int64_t first,
                 std::int64_t size) const {
    const std::int64_t channel = row % rows_.axis;
    const float* x = float_input(operands, 0) + row * rows_.inner + first;
    float* y = float_output(operands) + row * rows_.inner + first;
    float sums[kStrip];
    std::fill_n(sums, size, 0.0F);
    const std::int64_t low = std::max(-channel, -before_);
    const std::int64_t high = std::min(rows_.axis - 1 - channel, after_);
    for (std::int64_t c = low; c <= high; ++c)
      loops_.reduce_into(ReduceOp::kSumSquare, size, x + c * rows_.inner, sums);
    loops_.scale_shift(size, sums, scale_, bias_, sums);
    if (beta_ == 0.75F) {
      float roots[kStrip];
      loops_.unary({UnaryOp::kSqrt}, size, sums, sums);
      loops_.unary({UnaryOp::kSqrt}, size, sums, roots);
      loops_.binary(BinaryOp::kMul, size, sums, 1, roots, 1, sums);
    } else {
      loops_.binary(BinaryOp::kPow, size, sums, 1, &beta_, 0, sums);
    }
    loops_.binary(BinaryOp::kDiv, size, x, 1, sums, 1, y);
  }

  AxisExtents rows_;
  std::int64_t before_, after_;
  float scale_, beta_, bias_;
  const InnerLoops& loops_;
};

}  // namespace

std::unique_ptr<Step> lower_lrn(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0))) return nullptr;
  return std::make_unique<LrnStep>(node, lowering);
}

}  // namespace headway::cpu
