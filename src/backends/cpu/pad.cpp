#include <optional>

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "kernels/movement/movement.h"
#include "ops/rules.h"

namespace headway::cpu {
namespace {

class PadStep final : public Step {
 public:
  PadStep(PadMode mode, Shape input, Shape before, Shape output, float value,
          const Lowering& lowering)
      : mode_(mode),
        input_(std::move(input)),
        before_(std::move(before)),
        output_(std::move(output)),
        value_(value),
        loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    pad({pool, loops_}, mode_, input_, before_, output_, value_, float_input(operands, 0),
        float_output(operands));
  }

 private:
  PadMode mode_;
  Shape input_, before_, output_;
  float value_;
  const InnerLoops& loops_;
};

std::optional<PadMode> pad_mode(const Node& node) {
  const std::string mode = node.get_string("mode", "constant");
  if (mode == "constant") return PadMode::kConstant;
  if (mode == "reflect") return PadMode::kReflect;
  if (mode == "edge") return PadMode::kEdge;
  return std::nullopt;
}

/// nullopt if it is known only while the model runs.
std::optional<float> pad_value(const Value* value) {
  if (value == nullptr) return 0.0f;
  if (!is_float(value) || !value->is_constant()) return std::nullopt;
  return *value->constant().clone().data<float>();
}

}  // namespace

std::unique_ptr<Step> lower_pad(const Node& node, Lowering& lowering) {
  const auto mode = pad_mode(node);
  const auto pads = constant_ints(node.input(1)), axes = constant_ints(node.input(3));
  const auto value = pad_value(node.input(2));
  if (!is_float(node.input(0)) || !mode || !pads || !value) return nullptr;
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
  return std::make_unique<PadStep>(*mode, input, before, output, *value, lowering);
}

}  // namespace headway::cpu
