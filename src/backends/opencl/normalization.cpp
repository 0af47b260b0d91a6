#include <algorithm>

#include "backends/opencl/activation.h"
#include "backends/opencl/lowering.h"
#include "backends/opencl/operands.h"
#include "backends/opencl/rows.h"
#include "backends/opencl/walk.h"
#include "ops/lines.h"
#include "ops/rules.h"

namespace headway::opencl {
namespace {

/// Rows, and which channel an element of one belongs to; see normalize_rows of normalization.cl.
struct RowChannels {
  std::int64_t rows, size, groups, group_channels, inner;
};

class RowNormStep final : public Step {
 public:
  RowNormStep(const Node& node, const RowChannels& shape, const Device& device)
      : size_(static_cast<cl_int>(shape.size)),
        groups_(static_cast<cl_int>(shape.groups)),
        group_channels_(static_cast<cl_int>(shape.group_channels)),
        inner_(static_cast<cl_int>(shape.inner)),
        centred_(node.is("RMSNormalization") ? 0 : 1),
        epsilon_(node.get_float("epsilon", 1e-5F)),
        rows_(work_for_rows(shape.rows, shape.size, device)) {
    elements_of(node.output());
  }

  void record(Commands& commands, const Operands& operands) const override {
    const auto input = [&](std::size_t index) {
      return index < operands.inputs.size() ? operands.inputs[index] : nullptr;
    };
    const auto output = [&](std::size_t index) {
      return index < operands.outputs.size() ? operands.outputs[index] : nullptr;
    };
    commands.launch({"normalization.cl", "normalize_rows"}, rows_, input(0), input(1), input(2),
                    output(0), output(1), output(2), LocalMemory{rows_.local[0] * sizeof(float)},
                    size_, groups_, group_channels_, inner_, centred_, epsilon_);
  }
  bool may_overwrite(std::size_t input) const override { return input == 0; }

 private:
  cl_int size_, groups_, group_channels_, inner_, centred_;
  cl_float epsilon_;
  WorkSize rows_;
};

class BatchNormStep final : public Step {
 public:
  explicit BatchNormStep(const Node& node)
      : count_(elements_of(node.output())),
        epsilon_(node.get_float("epsilon", 1e-5F)),
        activation_(fused_function(node)) {
    const Lines channels(shape_of(node.input(0)), 1);
    channels_ = static_cast<cl_int>(channels.extent);
    inner_ = static_cast<cl_int>(channels.inner);
  }

  void record(Commands& commands, const Operands& operands) const override {
    const auto inputs = operands.inputs;
    commands.launch({"normalization.cl", "batch_norm"}, work_for(count_), inputs[0], inputs[1],
                    inputs[2], inputs[3], inputs[4], operands.outputs[0], count_, channels_, inner_,
                    epsilon_, activation_.kind, activation_.a, activation_.b);
  }
  bool may_overwrite(std::size_t input) const override { return input == 0; }

 private:
  cl_int count_, channels_ = 0, inner_ = 0;
  cl_float epsilon_;
  ActivationArguments activation_;
};

class ScaleShiftStep final : public Step {
 public:
  ScaleShiftStep(const Node& node, const Walk& walk)
      : count_(elements_of(node.output())), walk_(walk), activation_(fused_function(node)) {}

  void record(Commands& commands, const Operands& operands) const override {
    const auto inputs = operands.inputs;
    commands.launch({"normalization.cl", "scale_shift"}, work_for(count_), inputs[0], inputs[1],
                    inputs[2], operands.outputs[0], count_, walk_, activation_.kind, activation_.a,
                    activation_.b);
  }
  bool may_overwrite(std::size_t input) const override { return input == 0; }

 private:
  cl_int count_;
  Walk walk_;
  ActivationArguments activation_;
};

class LrnStep final : public Step {
 public:
  explicit LrnStep(const Node& node)
      : count_(elements_of(node.output())),
        size_(static_cast<cl_int>(node.get_int("size", 1))),
        alpha_(node.get_float("alpha", 1e-4F)),
        beta_(node.get_float("beta", 0.75F)),
        bias_(node.get_float("bias", 1.0F)) {
    const Lines channels(shape_of(node.input(0)), 1);
    channels_ = static_cast<cl_int>(channels.extent);
    inner_ = static_cast<cl_int>(channels.inner);
  }

  void record(Commands& commands, const Operands& operands) const override {
    const cl_float factor = alpha_ / static_cast<float>(size_);
    commands.launch({"normalization.cl", "lrn"}, work_for(count_), operands.inputs[0],
                    operands.outputs[0], count_, channels_, inner_, (size_ - 1) / 2, size_ / 2,
                    factor, beta_, bias_);
  }

 private:
  cl_int count_, size_, channels_ = 0, inner_ = 0;
  cl_float alpha_, beta_, bias_;
};

/// True if `row` has one element for each of the axes of `shape` from `axis` on, and is repeated
/// along the others.
bool is_row(Shape row, Shape shape, std::size_t axis) {
  const auto is_many = [](std::int64_t extent) { return extent != 1; };
  row.erase(row.begin(), std::ranges::find_if(row, is_many));
  shape.erase(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(axis));
  shape.erase(shape.begin(), std::ranges::find_if(shape, is_many));
  return row == shape;
}

bool all_are_floats(const Node& node) {
  return std::ranges::all_of(
      node.inputs(), [](const Value* input) { return input == nullptr || is_float(input); });
}

}  // namespace

std::unique_ptr<Step> lower_row_norm(const Node& node, Lowering& lowering) {
  if (!all_are_floats(node) || node.output() == nullptr) return nullptr;
  const Shape shape = shape_of(node.input(0));
  const std::size_t axis = resolve_axis(node, node.get_int("axis", -1), shape.size());
  for (const std::size_t i : {1U, 2U}) {
    if (node.input(i) != nullptr && !is_row(shape_of(node.input(i)), shape, axis)) return nullptr;
  }
  const std::span extents(shape);
  return std::make_unique<RowNormStep>(
      node, RowChannels{product(extents.first(axis)), product(extents.subspan(axis)), 1, 0, 1},
      lowering.context.device());
}

std::unique_ptr<Step> lower_group_norm(const Node& node, Lowering& lowering) {
  if (!all_are_floats(node)) return nullptr;
  const Lines channels(shape_of(node.input(0)), 1);
  const std::int64_t groups = node.get_int("num_groups", channels.extent);
  const std::int64_t each = channels.extent / groups;
  return std::make_unique<RowNormStep>(
      node,
      RowChannels{channels.outer * groups, each * channels.inner, groups, each, channels.inner},
      lowering.context.device());
}

std::unique_ptr<Step> lower_batch_norm(const Node& node, Lowering&) {
  return all_are_floats(node) ? std::make_unique<BatchNormStep>(node) : nullptr;
}

std::unique_ptr<Step> lower_scale_shift(const Node& node, Lowering&) {
  const Shape shape = shape_of(node.output());
  const auto walk = broadcast_walk(shape, shape, shape_of(node.input(1)), shape_of(node.input(2)));
  if (!all_are_floats(node) || !walk) return nullptr;
  return std::make_unique<ScaleShiftStep>(node, *walk);
}

std::unique_ptr<Step> lower_lrn(const Node& node, Lowering&) {
  return is_float(node.input(0)) ? std::make_unique<LrnStep>(node) : nullptr;
}

}  // namespace headway::opencl
