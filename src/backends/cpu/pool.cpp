#include "kernels/pool/pool.h"

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "kernels/inner_loops.h"
#include "kernels/pool/blocked_pool.h"
#include "ops/pool_geometry.h"

namespace headway::cpu {
namespace {

PoolShape pool_shape(const PoolGeometry& geometry, const WindowAxis& y, const WindowAxis& x) {
  return {.planes = geometry.batch * geometry.channels,
          .in_height = y.input,
          .in_width = x.input,
          .out_height = y.output,
          .out_width = x.output,
          .kernel_height = y.kernel,
          .kernel_width = x.kernel,
          .stride_height = y.stride,
          .stride_width = x.stride,
          .dilation_height = y.dilation,
          .dilation_width = x.dilation,
          .pad_top = y.pad_begin,
          .pad_left = x.pad_begin,
          .pad_bottom = y.pad_end,
          .pad_right = x.pad_end};
}

class PoolStep final : public Step {
 public:
  PoolStep(PoolOp op, const PoolShape& shape, const Lowering& lowering)
      : op_(op),
        shape_(shape),
        loops_(lowering.loops),
        scratch_bytes_(pool_scratch_bytes(shape, lowering.loops, lowering.threads)) {}

  void run(const Operands& operands, ThreadPool& threads) const override {
    pool({threads, loops_}, op_, shape_, float_input(operands, 0), float_output(operands),
         operands.scratch);
  }
  std::size_t scratch_bytes() const override { return scratch_bytes_; }

 private:
  PoolOp op_;
  PoolShape shape_;
  const InnerLoops& loops_;
  std::size_t scratch_bytes_;
};

class BlockedPoolStep final : public Step {
 public:
  BlockedPoolStep(PoolOp op, const PoolShape& shape, const Lowering& lowering)
      : op_(op), shape_(shape), loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& threads) const override {
    blocked_pool({threads, loops_}, op_, shape_, float_input(operands, 0), float_output(operands));
  }

 private:
  PoolOp op_;
  PoolShape shape_;
  const InnerLoops& loops_;
};

/// True if the windows slide over the first two of three axes and the last axis is one vector.
bool is_blocked(const PoolGeometry& geometry, const InnerLoops& loops) {
  const std::int64_t lanes = loops.width;
  return geometry.axes.size() == 3 && geometry.axes[2] == WindowAxis{lanes, 1, 1, 1, 0, 0, lanes};
}

}  // namespace

std::unique_ptr<Step> lower_pool(const Node& node, Lowering& lowering) {
  const bool wants_indices = node.output(1) != nullptr;
  if (!is_float(node.input(0)) || wants_indices) return nullptr;
  const PoolGeometry geometry = pool_geometry(node);
  const PoolOp average =
      geometry.count_include_pad ? PoolOp::kAverageIncludingPad : PoolOp::kAverage;
  const PoolOp op = node.is("MaxPool") ? PoolOp::kMax : average;
  const std::vector<WindowAxis>& axes = geometry.axes;
  if (is_blocked(geometry, lowering.loops)) {
    return std::make_unique<BlockedPoolStep>(op, pool_shape(geometry, axes[0], axes[1]), lowering);
  }
  if (axes.empty() || axes.size() > 2) return nullptr;
  const WindowAxis y = axes.size() == 2 ? axes[0] : WindowAxis{1, 1, 1, 1, 0, 0, 1};
  return std::make_unique<PoolStep>(op, pool_shape(geometry, y, axes.back()), lowering);
}

}  // namespace headway::cpu
