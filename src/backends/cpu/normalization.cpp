#include "kernels/normalization/normalization.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "backends/cpu/activation.h"
#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "ops/rules.h"

namespace headway::cpu {
namespace {

/// A batch-norm at inference, its four vectors made into two.
class ScaleShiftStep final : public Step {
 public:
  ScaleShiftStep(const Node& node, const Lowering& lowering)
      : extents_(around(shape_of(node.input(0)), 1, 2)),
        activation_(fused_function(node)),
        loops_(lowering.loops) {
    const Tensor scale = node.input(1)->constant().clone(),
                 bias = node.input(2)->constant().clone();
    const Tensor mean = node.input(3)->constant().clone();
    const Tensor variance = node.input(4)->constant().clone();
    const double epsilon = node.get_float("epsilon", 1e-5f);
    for (std::size_t i = 0; i < static_cast<std::size_t>(extents_.axis); ++i) {
      const double factor =
          scale.values<float>()[i] / std::sqrt(variance.values<float>()[i] + epsilon);
      scale_.push_back(static_cast<float>(factor));
      shift_.push_back(
          static_cast<float>(bias.values<float>()[i] - mean.values<float>()[i] * factor));
    }
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    scale_shift({pool, loops_}, extents_.outer, extents_.axis, extents_.inner,
                float_input(operands, 0), scale_.data(), shift_.data(), activation_,
                float_output(operands));
  }
  bool reads(std::size_t input) const override { return input == 0; }
  bool may_overwrite(std::size_t input) const override { return input == 0; }

 private:
  AxisExtents extents_;
  Unary activation_;
  const InnerLoops& loops_;
  std::vector<float> scale_, shift_;
};

class LayerNormStep final : public Step {
 public:
  LayerNormStep(const AxisExtents& extents, float epsilon, const Lowering& lowering)
      : extents_(extents), epsilon_(epsilon), loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    layer_norm({pool, loops_}, extents_.outer, extents_.axis, float_input(operands, 0),
               float_input(operands, 1), float_input(operands, 2), epsilon_,
               float_output(operands));
  }
  bool may_overwrite(std::size_t input) const override { return input == 0; }

 private:
  AxisExtents extents_;
  float epsilon_;
  const InnerLoops& loops_;
};

class RmsNormStep final : public Step {
 public:
  RmsNormStep(const AxisExtents& extents, float epsilon, const Lowering& lowering)
      : extents_(extents), epsilon_(epsilon), loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    rms_norm({pool, loops_}, extents_.outer, extents_.axis, float_input(operands, 0),
             float_input(operands, 1), epsilon_, float_output(operands));
  }
  bool may_overwrite(std::size_t input) const override { return input == 0; }

 private:
  AxisExtents extents_;
  float epsilon_;
  const InnerLoops& loops_;
};

class GroupNormStep final : public Step {
 public:
  GroupNormStep(const Shape& input, std::int64_t group, float epsilon, const Lowering& lowering)
      : extents_(around(input, 1, 2)), group_(group), epsilon_(epsilon), loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    group_norm({pool, loops_}, extents_.outer, extents_.axis, extents_.inner, group_,
               float_input(operands, 0), float_input(operands, 1), float_input(operands, 2),
               epsilon_, float_output(operands));
  }

 private:
  AxisExtents extents_;
  std::int64_t group_;  ///< Channels of one.
  float epsilon_;
  const InnerLoops& loops_;
};

/// True if `row` has one element for each of the axes of `shape` from `axis` on, and is repeated
/// along the others.
bool is_row(Shape row, Shape shape, std::size_t axis) {
  row.erase(row.begin(), std::ranges::find_if(row, [](std::int64_t dim) { return dim != 1; }));
  shape.erase(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(axis));
  shape.erase(shape.begin(),
              std::ranges::find_if(shape, [](std::int64_t dim) { return dim != 1; }));
  return row == shape;
}

}  // namespace

std::unique_ptr<Step> lower_group_norm(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0)) || !is_float(node.input(1))) return nullptr;
  const Shape shape = shape_of(node.input(0));
  const std::int64_t groups = node.get_int("num_groups", shape[1]);
  return std::make_unique<GroupNormStep>(shape, shape[1] / groups, node.get_float("epsilon", 1e-5f),
                                         lowering);
}

std::unique_ptr<Step> lower_scale_shift(const Node& node, Lowering& lowering) {
  for (std::size_t i = 0; i < 5; ++i) {
    if (!is_float(node.input(i)) || (i > 0 && !node.input(i)->is_constant())) return nullptr;
  }
  return std::make_unique<ScaleShiftStep>(node, lowering);
}

std::unique_ptr<Step> lower_layer_norm(const Node& node, Lowering& lowering) {
  const bool wants_statistics = node.output(1) != nullptr || node.output(2) != nullptr;
  if (!is_float(node.input(0)) || wants_statistics) return nullptr;
  const Shape shape = shape_of(node.input(0));
  const std::size_t axis = resolve_axis(node, node.get_int("axis", -1), shape.size());
  const AxisExtents extents = around(shape, axis, shape.size());
  for (const std::size_t i : {1u, 2u}) {
    if (node.input(i) != nullptr && !is_row(shape_of(node.input(i)), shape, axis)) return nullptr;
  }
  return std::make_unique<LayerNormStep>(extents, node.get_float("epsilon", 1e-5f), lowering);
}

std::unique_ptr<Step> lower_rms_norm(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0)) || !is_float(node.input(1))) return nullptr;
  const Shape shape = shape_of(node.input(0));
  const std::size_t axis = resolve_axis(node, node.get_int("axis", -1), shape.size());
  const AxisExtents extents = around(shape, axis, shape.size());
  if (!is_row(shape_of(node.input(1)), shape, axis)) return nullptr;
  return std::make_unique<RmsNormStep>(extents, node.get_float("epsilon", 1e-5f), lowering);
}

}  // namespace headway::cpu
