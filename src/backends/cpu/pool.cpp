#include "kernels/pool/pool.h"

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "base/error.h"
#include "kernels/inner_loops.h"
#include "kernels/pool/blocked_pool.h"
#include "kernels/pool/volume_pool.h"
#include "kernels/pool/window_pool.h"
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

SlideAxis slide_axis(const WindowAxis& axis) {
  return {axis.input, axis.output, axis.kernel, axis.stride, axis.dilation, axis.pad_begin};
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

/// Windows over three axes: first along the first, then along the others.
class VolumePoolStep final : public Step {
 public:
  VolumePoolStep(PoolOp op, const PoolGeometry& geometry, const Lowering& lowering)
      : op_(op),
        planes_(geometry.batch * geometry.channels),
        slices_(pool_shape(geometry, geometry.axes[1], geometry.axes[2])),
        depth_(slide_axis(geometry.axes[0])),
        pad_end_(geometry.axes[0].pad_end),
        loops_(lowering.loops) {
    slices_.planes = planes_ * depth_.out;
    rest_bytes_ = pool_scratch_bytes(slices_, loops_, lowering.threads);
  }

  void run(const Operands& operands, ThreadPool& threads) const override {
    const KernelContext context{threads, loops_};
    auto* pooled = reinterpret_cast<float*>(static_cast<std::byte*>(operands.scratch) +
                                            (rest_bytes_ + 63) / 64 * 64);
    pool_depth(context, op_, planes_, depth_, pad_end_, slice(), float_input(operands, 0), pooled);
    pool(context, op_, slices_, pooled, float_output(operands), operands.scratch);
  }
  std::size_t scratch_bytes() const override {
    return (rest_bytes_ + 63) / 64 * 64 +
           static_cast<std::size_t>(slices_.planes * slice()) * sizeof(float);
  }

 private:
  std::int64_t slice() const { return slices_.in_height * slices_.in_width; }

  PoolOp op_;
  std::int64_t planes_;
  PoolShape slices_;
  SlideAxis depth_;
  std::int64_t pad_end_;
  const InnerLoops& loops_;
  std::size_t rest_bytes_ = 0;
};

/// Maxima of other dtypes, or with their places; norms.
class WindowPoolStep final : public Step {
 public:
  WindowPoolStep(const Node& node, const PoolGeometry& geometry, const Lowering& lowering)
      : dtype_(node.input(0)->type.dtype),
        is_norm_(node.is("LpPool")),
        squares_(node.get_int("p", 2) == 2),
        by_column_(node.get_int("storage_order", 0) != 0),
        loops_(lowering.loops) {
    shape_.planes = geometry.batch * geometry.channels;
    for (const WindowAxis& axis : geometry.axes) shape_.axes.push_back(slide_axis(axis));
  }

  void run(const Operands& operands, ThreadPool& threads) const override {
    const KernelContext context{threads, loops_};
    if (is_norm_) {
      return norm_windows(context, squares_, shape_, float_input(operands, 0),
                          float_output(operands));
    }
    void* indices = operands.outputs.size() > 1 ? operands.outputs[1] : nullptr;
    max_windows(context, dtype_, shape_, operands.inputs[0], operands.outputs[0],
                static_cast<std::int64_t*>(indices), by_column_);
  }

 private:
  DType dtype_;
  bool is_norm_, squares_, by_column_;
  WindowShape shape_;
  const InnerLoops& loops_;
};

class MaxUnpoolStep final : public Step {
 public:
  explicit MaxUnpoolStep(const Node& node)
      : input_size_(num_elements(shape_of(node.input(0)))),
        output_size_(num_elements(shape_of(node.output()))),
        described_(node.described()),
        shape_(shape_of(node.output())) {}

  void run(const Operands& operands, ThreadPool& threads) const override {
    const auto* indices = static_cast<const std::int64_t*>(operands.inputs[1]);
    float* output = float_output(operands);
    threads.parallel_for(output_size_, [&](std::int64_t first, std::int64_t last, int) {
      std::fill(output + first, output + last, 0.0F);
    });
    for (std::int64_t i = 0; i < input_size_; ++i) {
      if (indices[i] < 0 || indices[i] >= output_size_) {
        fail(ErrorCode::kInvalidArgument, described_, ": index ", indices[i],
             " is out of range for ", to_string(shape_));
      }
      output[indices[i]] = float_input(operands, 0)[i];
    }
  }

 private:
  std::int64_t input_size_, output_size_;
  std::string described_;
  Shape shape_;
};

class Col2ImStep final : public Step {
 public:
  Col2ImStep(const WindowShape& shape, const Lowering& lowering)
      : shape_(shape), loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& threads) const override {
    add_windows({threads, loops_}, shape_, float_input(operands, 0), float_output(operands));
  }

 private:
  WindowShape shape_;
  const InnerLoops& loops_;
};

/// True if the windows slide over the first two of three axes and the last axis is one vector.
bool is_blocked(const PoolGeometry& geometry, const InnerLoops& loops) {
  const std::int64_t lanes = loops.width;
  return geometry.axes.size() == 3 && geometry.axes[2] == WindowAxis{lanes, 1, 1, 1, 0, 0, lanes};
}

}  // namespace

std::unique_ptr<Step> lower_pool(const Node& node, Lowering& lowering) {
  const PoolGeometry geometry = pool_geometry(node);
  const std::vector<WindowAxis>& axes = geometry.axes;
  if (axes.empty()) return nullptr;
  const bool is_max = node.is("MaxPool");
  if (is_max && (!is_float(node.input(0)) || node.output(1) != nullptr || axes.size() > 3)) {
    if (node.output() == nullptr || !is_native_number(node.input(0)->type.dtype)) return nullptr;
    return std::make_unique<WindowPoolStep>(node, geometry, lowering);
  }
  if (!is_float(node.input(0))) return nullptr;
  const PoolOp average =
      geometry.count_include_pad ? PoolOp::kAverageIncludingPad : PoolOp::kAverage;
  const PoolOp op = is_max ? PoolOp::kMax : average;
  if (is_blocked(geometry, lowering.loops)) {
    return std::make_unique<BlockedPoolStep>(op, pool_shape(geometry, axes[0], axes[1]), lowering);
  }
  if (axes.size() > 3) return nullptr;
  if (axes.size() == 3) return std::make_unique<VolumePoolStep>(op, geometry, lowering);
  const WindowAxis y = axes.size() == 2 ? axes[0] : WindowAxis{1, 1, 1, 1, 0, 0, 1};
  return std::make_unique<PoolStep>(op, pool_shape(geometry, y, axes.back()), lowering);
}

std::unique_ptr<Step> lower_lp_pool(const Node& node, Lowering& lowering) {
  const std::int64_t p = node.get_int("p", 2);
  const PoolGeometry geometry = pool_geometry(node);
  if (!is_float(node.input(0)) || (p != 1 && p != 2) || geometry.axes.empty()) return nullptr;
  return std::make_unique<WindowPoolStep>(node, geometry, lowering);
}

/// A given output shape, which only frames what the attributes imply, is left to the reference.
std::unique_ptr<Step> lower_max_unpool(const Node& node, Lowering&) {
  if (!is_float(node.input(0)) || node.input(2) != nullptr) return nullptr;
  return std::make_unique<MaxUnpoolStep>(node);
}

std::unique_ptr<Step> lower_col2im(const Node& node, Lowering& lowering) {
  const auto image = constant_ints(node.input(1)), block = constant_ints(node.input(2));
  if (!is_float(node.input(0)) || !image || !block) return nullptr;
  const Shape y = shape_of(node.output());
  const WindowAttributes attributes = window_attributes(node, *block);
  WindowShape shape{y[0] * y[1], {}};
  for (std::size_t axis = 0; axis < image->size(); ++axis)
    shape.axes.push_back(slide_axis(attributes.axis(node, axis, (*image)[axis])));
  return std::make_unique<Col2ImStep>(shape, lowering);
}

}  // namespace headway::cpu
