#include <optional>

#include "backends/opencl/element_types.h"
#include "backends/opencl/lowering.h"
#include "backends/opencl/operands.h"
#include "backends/opencl/rows.h"
#include "base/error.h"
#include "ops/constant_ints.h"
#include "ops/lines.h"

namespace headway::opencl {
namespace {

Lines lines_of(const Node& node, std::int64_t default_axis) {
  const Shape shape = shape_of(node.input(0));
  return {shape, resolve_axis(node, node.get_int("axis", default_axis), shape.size())};
}

/// What steps over the lines of input 0 have in common.
class LinesStep : public Step {
 public:
  LinesStep(const Node& node, const std::string& type, const Lines& lines, const Device& device)
      : options_(concat("-DT=", type)),
        rows_(work_for_rows(lines.count(), lines.extent, device)),
        values_{rows_.local[0] * size_of(node.input(0)->type.dtype)},
        places_{rows_.local[0] * sizeof(cl_int)},
        count_(static_cast<cl_int>(lines.count())),
        size_(static_cast<cl_int>(lines.extent)),
        inner_(static_cast<cl_int>(lines.inner)) {
    elements_of(node.input(0));
  }

 protected:
  std::string options_;
  WorkSize rows_;
  LocalMemory values_, places_;  ///< Of one number for each work-item of a group.
  cl_int count_, size_, inner_;
};

class ArgStep final : public LinesStep {
 public:
  ArgStep(const Node& node, const std::string& type, const Lines& lines, const Device& device)
      : LinesStep(node, type, lines, device),
        largest_(node.is("ArgMax") ? 1 : 0),
        last_(node.get_int("select_last_index", 0) != 0 ? 1 : 0) {}

  void record(Commands& commands, const Operands& operands) const override {
    commands.launch({"order.cl", "arg_extreme", options_}, rows_, operands.inputs[0],
                    operands.outputs[0], values_, places_, size_, inner_, largest_, last_);
  }

 private:
  cl_int largest_, last_;
};

class TopKStep final : public LinesStep {
 public:
  TopKStep(const Node& node, const std::string& type, const Lines& lines, std::int64_t taken,
           const Device& device)
      : LinesStep(node, type, lines, device),
        taken_(static_cast<cl_int>(taken)),
        largest_(node.get_int("largest", 1) != 0 ? 1 : 0) {}

  void record(Commands& commands, const Operands& operands) const override {
    const Buffer indices = operands.outputs.size() > 1 ? operands.outputs[1] : nullptr;
    commands.launch({"order.cl", "top_k", options_}, rows_, operands.inputs[0], operands.outputs[0],
                    indices, values_, places_, size_, inner_, taken_, largest_);
  }

 private:
  cl_int taken_, largest_;
};

class CumulateStep final : public LinesStep {
 public:
  CumulateStep(const Node& node, const std::string& type, const Lines& lines, const Device& device)
      : LinesStep(node, type, lines, device),
        kind_(node.is("CumProd") ? 1 : 0),
        exclusive_(node.get_int("exclusive", 0) != 0 ? 1 : 0),
        reverse_(node.get_int("reverse", 0) != 0 ? 1 : 0) {}

  void record(Commands& commands, const Operands& operands) const override {
    commands.launch({"order.cl", "cumulate", options_}, work_for(count_), operands.inputs[0],
                    operands.outputs[0], count_, size_, inner_, kind_, exclusive_, reverse_);
  }

 private:
  cl_int kind_, exclusive_, reverse_;
};

class RangeStep final : public Step {
 public:
  RangeStep(const Node& node, const std::string& type)
      : options_(concat("-DT=", type)), count_(elements_of(node.output())) {}

  void record(Commands& commands, const Operands& operands) const override {
    commands.launch({"order.cl", "range", options_}, work_for(count_), operands.inputs[0],
                    operands.inputs[2], operands.outputs[0], count_);
  }

 private:
  std::string options_;
  cl_int count_;
};

}  // namespace

std::unique_ptr<Step> lower_arg_reduce(const Node& node, Lowering& lowering) {
  const auto type = computed_type(node.input(0)->type.dtype);
  if (!type) return nullptr;
  return std::make_unique<ArgStep>(node, *type, lines_of(node, 0), lowering.context.device());
}

/// How many elements are taken is what the shape rule found.
std::unique_ptr<Step> lower_top_k(const Node& node, Lowering& lowering) {
  const auto type = computed_type(node.input(0)->type.dtype);
  const Value* output = node.output(0) != nullptr ? node.output(0) : node.output(1);
  const Lines lines = lines_of(node, -1);
  if (!type || output == nullptr || lines.count() == 0) return nullptr;
  return std::make_unique<TopKStep>(node, *type, lines,
                                    num_elements(shape_of(output)) / lines.count(),
                                    lowering.context.device());
}

std::unique_ptr<Step> lower_cumulate(const Node& node, Lowering& lowering) {
  const auto type = computed_type(node.input(0)->type.dtype);
  const auto axis = constant_ints(node.input(1));
  if (!type || !axis || axis->size() != 1) return nullptr;
  const Shape shape = shape_of(node.input(0));
  const Lines lines(shape, resolve_axis(node, axis->front(), shape.size()));
  return std::make_unique<CumulateStep>(node, *type, lines, lowering.context.device());
}

std::unique_ptr<Step> lower_range(const Node& node, Lowering&) {
  const auto type = computed_type(node.output()->type.dtype);
  return type ? std::make_unique<RangeStep>(node, *type) : nullptr;
}

}  // namespace headway::opencl
