#include <optional>

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "kernels/movement/movement.h"
#include "ops/rules.h"

namespace headway::cpu {
namespace {

class PadStep final : public Step {
 public:
  PadStep(PadMode mode, Shape input, Shape before, Shape output, const Node& node,
          const Lowering& lowering)
      : mode_(mode),
        input_(std::move(input)),
        before_(std::move(before)),
        output_(std::move(output)),
        element_size_(size_of(node.output()->type.dtype)),
        has_value_(node.input(2) != nullptr),
        loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    pad({pool, loops_}, mode_, input_, before_, output_, element_size_,
        has_value_ ? operands.inputs[2] : nullptr, operands.inputs[0], operands.outputs[0]);
  }

 private:
  PadMode mode_;
  Shape input_, before_, output_;
  std::size_t element_size_;
  bool has_value_;
  const InnerLoops& loops_;
};

std::optional<PadMode> pad_mode(const Node& node) {
  const std::string mode = node.get_string("mode", "constant");
  if (mode == "constant") return PadMode::kConstant;
  if (mode == "reflect") return PadMode::kReflect;
  if (mode == "edge") return PadMode::kEdge;
  return std::nullopt;
}

}  // namespace

std::unique_ptr<Step> lower_pad(const Node& node, Lowering& lowering) {
  const auto mode = pad_mode(node);
  const auto pads = constant_ints(node.input(1)), axes = constant_ints(node.input(3));
  if (!mode || !pads) return nullptr;
  if (node.input(3) != nullptr && !axes) return nullptr;
  const Shape input = shape_of(node.input(0)), output = shape_of(node.output());
  if (input.size() > 8) return nullptr;
  Shape before(input.size(), 0);
  for (std::size_t i = 0; i < pads->size() / 2; ++i) {
    before[axes ? resolve_axis(node, (*axes)[i], input.size()) : i] = (*pads)[i];
  }
  for (std::size_t axis = 0; axis < input.size() && *mode == PadMode::kReflect; ++axis) {
    const std::int64_t after = output[axis] - input[axis] - before[axis];
    if (before[axis] >= input[axis] || after >= input[axis]) return nullptr;
  }
  return std::make_unique<PadStep>(*mode, input, before, output, node, lowering);
}

}  // namespace headway::cpu
