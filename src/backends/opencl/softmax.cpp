#include "backends/opencl/lowering.h"
#include "backends/opencl/operands.h"
#include "backends/opencl/rows.h"
#include "ops/lines.h"

namespace headway::opencl {
namespace {

class SoftmaxStep final : public Step {
 public:
  SoftmaxStep(const Node& node, const Lines& lines, const Device& device)
      : count_(static_cast<cl_int>(lines.count())),
        size_(static_cast<cl_int>(lines.extent)),
        inner_(static_cast<cl_int>(lines.inner)),
        logarithm_(node.is("LogSoftmax") ? 1 : 0),
        by_column_(are_columns(lines.count(), lines.extent, lines.inner > 1)),
        rows_(work_for_rows(lines.count(), lines.extent, device)) {
    elements_of(node.output());
  }

  void record(Commands& commands, const Operands& operands) const override {
    const Buffer &x = operands.inputs[0], &y = operands.outputs[0];
    if (by_column_) {
      commands.launch({"softmax.cl", "softmax_columns"}, work_for(count_), x, y, count_, size_,
                      inner_, logarithm_);
    } else {
      commands.launch({"softmax.cl", "softmax_rows"}, rows_, x, y,
                      LocalMemory{rows_.local[0] * sizeof(float)}, size_, inner_, logarithm_);
    }
  }
  bool may_overwrite(std::size_t input) const override { return input == 0; }

 private:
  cl_int count_, size_, inner_, logarithm_;
  bool by_column_;
  WorkSize rows_;
};

class LpNormStep final : public Step {
 public:
  LpNormStep(const Node& node, const Lines& lines, const Device& device)
      : size_(static_cast<cl_int>(lines.extent)),
        inner_(static_cast<cl_int>(lines.inner)),
        squares_(node.get_int("p", 2) == 2 ? 1 : 0),
        rows_(work_for_rows(lines.count(), lines.extent, device)) {
    elements_of(node.output());
  }

  void record(Commands& commands, const Operands& operands) const override {
    commands.launch({"softmax.cl", "lp_normalize"}, rows_, operands.inputs[0], operands.outputs[0],
                    LocalMemory{rows_.local[0] * sizeof(float)}, size_, inner_, squares_);
  }
  bool may_overwrite(std::size_t input) const override { return input == 0; }

 private:
  cl_int size_, inner_, squares_;
  WorkSize rows_;
};

Lines lines_of(const Node& node) {
  const Shape shape = shape_of(node.input(0));
  return {shape, resolve_axis(node, node.get_int("axis", -1), shape.size())};
}

}  // namespace

std::unique_ptr<Step> lower_softmax(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0))) return nullptr;
  return std::make_unique<SoftmaxStep>(node, lines_of(node), lowering.context.device());
}

std::unique_ptr<Step> lower_lp_norm(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0))) return nullptr;
  return std::make_unique<LpNormStep>(node, lines_of(node), lowering.context.device());
}

}  // namespace headway::opencl
