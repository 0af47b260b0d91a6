#include "kernels/pool/pool.h"

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "ops/pool_geometry.h"

namespace headway::cpu {
namespace {

PoolShape pool_shape(const PoolGeometry& geometry) {
  const WindowAxis& x = geometry.axes.back();
  const WindowAxis y =
      geometry.axes.size() == 2 ? geometry.axes[0] : WindowAxis{1, 1, 1, 1, 0, 0, 1};
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

}  // namespace

std::unique_ptr<Step> lower_pool(const Node& node, Lowering& lowering) {
  const bool wants_indices = node.output(1) != nullptr;
  if (!is_float(node.input(0)) || wants_indices) return nullptr;
  const PoolGeometry geometry = pool_geometry(node);
  if (geometry.axes.empty() || geometry.axes.size() > 2) return nullptr;
  const PoolOp average =
      geometry.count_include_pad ? PoolOp::kAverageIncludingPad : PoolOp::kAverage;
  return std::make_unique<PoolStep>(node.is("MaxPool") ? PoolOp::kMax : average,
                                    pool_shape(geometry), lowering);
}

}  // namespace headway::cpu
