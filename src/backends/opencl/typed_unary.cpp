#include <optional>

#include "backends/opencl/element_types.h"
#include "backends/opencl/lowering.h"
#include "backends/opencl/operands.h"
#include "base/error.h"

namespace headway::opencl {
namespace {

enum IntegerFunction : cl_int { kAbs, kNeg, kSign, kRelu, kBitwiseNot, kNot };

std::optional<IntegerFunction> integer_function(const Node& node) {
  constexpr std::pair<std::string_view, IntegerFunction> kNames[] = {
      {"Abs", kAbs},   {"BitwiseNot", kBitwiseNot}, {"Neg", kNeg}, {"Not", kNot}, {"Relu", kRelu},
      {"Sign", kSign},
  };
  for (const auto& [name, function] : kNames) {
    if (node.is(name)) return function;
  }
  return std::nullopt;
}

class TypedUnaryStep final : public Step {
 public:
  TypedUnaryStep(const Node& node, const std::string& type, IntegerFunction function)
      : options_(concat("-DT=", type)), count_(elements_of(node.output())), function_(function) {}

  void record(Commands& commands, const Operands& operands) const override {
    commands.launch({"typed_unary.cl", "typed_unary", options_}, work_for(count_),
                    operands.inputs[0], operands.outputs[0], count_, cl_int{function_});
  }
  bool may_overwrite(std::size_t /*input*/) const override { return true; }

 private:
  std::string options_;
  cl_int count_;
  IntegerFunction function_;
};

/// IsNaN and IsInf.
class TestStep final : public Step {
 public:
  explicit TestStep(const Node& node)
      : count_(elements_of(node.output())),
        nan_(node.is("IsNaN") ? 1 : 0),
        positive_(nan_ == 0 && node.get_int("detect_positive", 1) != 0 ? 1 : 0),
        negative_(nan_ == 0 && node.get_int("detect_negative", 1) != 0 ? 1 : 0) {}

  void record(Commands& commands, const Operands& operands) const override {
    commands.launch({"typed_unary.cl", "test_floats"}, work_for(count_), operands.inputs[0],
                    operands.outputs[0], count_, nan_, positive_, negative_);
  }

 private:
  cl_int count_, nan_, positive_, negative_;
};

}  // namespace

std::unique_ptr<Step> lower_typed_unary(const Node& node, Lowering&) {
  if (node.is("IsNaN") || node.is("IsInf"))
    return is_float(node.input(0)) ? std::make_unique<TestStep>(node) : nullptr;
  const auto function = integer_function(node);
  const auto type = computed_type(node.input(0)->type.dtype);
  if (!function || !type || is_float(node.input(0))) return nullptr;
  return std::make_unique<TypedUnaryStep>(node, *type, *function);
}

}  // namespace headway::opencl
