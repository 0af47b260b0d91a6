#include "backends/opencl/binary.h"

#include <vector>

#include "backends/opencl/element_types.h"
#include "backends/opencl/lowering.h"
#include "backends/opencl/operands.h"
#include "backends/opencl/unary.h"
#include "backends/opencl/walk.h"
#include "base/error.h"

namespace headway::opencl {
namespace {

enum BinaryFunction : cl_int {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMax,
  kMin,
  kPRelu,
  kMod,
  kRemainder,
  kPow,
  kAnd,
  kOr,
  kXor,
  kShiftLeft,
  kShiftRight,
};

enum Comparison : cl_int { kEqual, kLess, kLessOrEqual };

std::optional<BinaryFunction> function_of(const Node& node) {
  constexpr std::pair<std::string_view, BinaryFunction> kNames[] = {
      {"Add", kAdd}, {"And", kAnd},        {"BitwiseAnd", kAnd}, {"BitwiseOr", kOr},
      {"Div", kDiv}, {"BitwiseXor", kXor}, {"Max", kMax},        {"Mean", kAdd},
      {"Min", kMin}, {"Mul", kMul},        {"Or", kOr},          {"PRelu", kPRelu},
      {"Pow", kPow}, {"Sub", kSub},        {"Sum", kAdd},        {"Xor", kXor},
  };
  for (const auto& [name, function] : kNames) {
    if (node.is(name)) return function;
  }
  if (node.is("Mod")) return node.get_int("fmod", 0) != 0 ? kRemainder : kMod;
  if (node.is("BitShift"))
    return node.get_string("direction", "") == "LEFT" ? kShiftLeft : kShiftRight;
  return std::nullopt;
}

std::string options_for(const std::string& type) {
  return concat("-DT=", type, type == "float" ? " -DIS_FLOAT" : "");
}

/// A function of two operands, or one folded over some; each further operand is combined with the
/// output.
class FoldStep final : public Step {
 public:
  FoldStep(const Node& node, const std::string& type, std::vector<BinaryFunction> functions,
           std::vector<std::size_t> order, std::vector<Walk> walks)
      : options_(options_for(type)),
        count_(elements_of(node.output())),
        functions_(std::move(functions)),
        order_(std::move(order)),
        walks_(std::move(walks)) {}

  /// The sum is divided by the number of operands.
  void set_mean() { factor_ = 1.0F / static_cast<float>(order_.size()); }

  void record(Commands& commands, const Operands& operands) const override {
    const WorkSize size = work_for(count_);
    const Buffer& output = operands.outputs[0];
    for (std::size_t i = 0; i < functions_.size(); ++i) {
      commands.launch({"binary.cl", "binary", options_}, size,
                      i == 0 ? operands.inputs[order_[0]] : output, operands.inputs[order_[i + 1]],
                      output, count_, cl_int{functions_[i]}, walks_[i]);
    }
    if (factor_ == 1.0F) return;
    const ActivationArguments scale = linear_function(factor_, 0.0F);
    commands.launch({"unary.cl", "unary"}, size, output, output, count_, scale.kind, scale.a,
                    scale.b);
  }
  /// Later operands are still read when the first result is there.
  bool may_overwrite(std::size_t /*input*/) const override { return order_.size() == 2; }

 private:
  std::string options_;
  cl_int count_;
  std::vector<BinaryFunction> functions_;
  std::vector<std::size_t> order_;
  std::vector<Walk> walks_;
  float factor_ = 1.0F;
};

std::unique_ptr<FoldStep> fold(const Node& node, std::vector<BinaryFunction> functions,
                               std::vector<std::size_t> order) {
  const auto type = computed_type(node.input(order.front())->type.dtype);
  const Shape output = shape_of(node.output());
  std::vector<Walk> walks;
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    Shape right = shape_of(node.input(order[i + 1]));
    if (num_elements(right) == 1) right = {};  // Bounds of Clip may have more axes.
    const auto walk =
        broadcast_walk(output, i == 0 ? shape_of(node.input(order[0])) : output, right);
    if (!walk) return nullptr;
    walks.push_back(*walk);
  }
  if (!type || walks.empty()) return nullptr;
  return std::make_unique<FoldStep>(node, *type, std::move(functions), std::move(order),
                                    std::move(walks));
}

class CompareStep final : public Step {
 public:
  CompareStep(const Node& node, const std::string& type, Comparison function, bool swapped,
              const Walk& walk)
      : options_(options_for(type)),
        count_(elements_of(node.output())),
        function_(function),
        left_(swapped ? 1 : 0),
        walk_(walk) {}

  void record(Commands& commands, const Operands& operands) const override {
    commands.launch({"binary.cl", "compare", options_}, work_for(count_), operands.inputs[left_],
                    operands.inputs[1 - left_], operands.outputs[0], count_, cl_int{function_},
                    walk_);
  }

 private:
  std::string options_;
  cl_int count_;
  Comparison function_;
  std::size_t left_;
  Walk walk_;
};

}  // namespace

std::optional<cl_int> binary_function(const Node& node) {
  return function_of(node);
}

std::unique_ptr<Step> lower_binary(const Node& node, Lowering&) {
  const auto function = function_of(node);
  const std::size_t count = node.inputs().size();
  if (!function || count < 2) return nullptr;
  if (node.is("Pow") && node.input(1)->type.dtype != node.input(0)->type.dtype) return nullptr;
  std::vector<std::size_t> order(count);
  for (std::size_t i = 0; i < count; ++i) order[i] = i;
  auto step = fold(node, std::vector<BinaryFunction>(count - 1, *function), std::move(order));
  if (step != nullptr && node.is("Mean")) step->set_mean();
  return step;
}

std::unique_ptr<Step> lower_clip(const Node& node, Lowering& lowering) {
  if (is_float(node.input(0)) && unary_function(node)) return lower_unary(node, lowering);
  std::vector<BinaryFunction> functions;
  std::vector<std::size_t> order = {0};
  for (const std::size_t bound : {1, 2}) {
    if (node.input(bound) == nullptr) continue;
    functions.push_back(bound == 1 ? kMax : kMin);
    order.push_back(bound);
  }
  return fold(node, std::move(functions), std::move(order));
}

std::unique_ptr<Step> lower_comparison(const Node& node, Lowering&) {
  const auto type = computed_type(node.input(0)->type.dtype);
  const bool swapped = node.is("Greater") || node.is("GreaterOrEqual");
  const Shape a = shape_of(node.input(0)), b = shape_of(node.input(1));
  const auto walk = broadcast_walk(shape_of(node.output()), swapped ? b : a, swapped ? a : b);
  if (!type || !walk) return nullptr;
  Comparison function = kLessOrEqual;
  if (node.is("Equal")) function = kEqual;
  if (node.is("Less") || node.is("Greater")) function = kLess;
  return std::make_unique<CompareStep>(node, *type, function, swapped, *walk);
}

}  // namespace headway::opencl
