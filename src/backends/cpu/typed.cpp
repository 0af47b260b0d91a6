#include "kernels/elementwise/typed.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "base/error.h"
#include "kernels/elementwise/unary.h"
#include "kernels/inner_loops.h"
#include "ops/broadcast.h"
#include "ops/rules.h"

namespace headway::cpu {
namespace {

class TypedUnaryStep final : public Step {
 public:
  TypedUnaryStep(TypedUnaryLoop loop, const Node& node, const Lowering& lowering)
      : loop_(loop),
        size_(num_elements(shape_of(node.input(0)))),
        input_size_(size_of(node.input(0)->type.dtype)),
        output_size_(size_of(node.output()->type.dtype)),
        loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    typed_unary({pool, loops_}, loop_, size_, input_size_, operands.inputs[0], output_size_,
                operands.outputs[0]);
  }
  bool may_overwrite(std::size_t /*input*/) const override { return input_size_ == output_size_; }

 private:
  TypedUnaryLoop loop_;
  std::int64_t size_;
  std::size_t input_size_, output_size_;
  const InnerLoops& loops_;
};

class ConvertStep final : public Step {
 public:
  ConvertStep(const Conversion& conversion, const Node& node, const Lowering& lowering)
      : conversion_(conversion),
        size_(num_elements(shape_of(node.output()))),
        loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    convert({pool, loops_}, conversion_, size_, operands.inputs[0], operands.outputs[0]);
  }
  bool may_overwrite(std::size_t input) const override {
    return input == 0 && conversion_.input_size == conversion_.output_size;
  }

 private:
  Conversion conversion_;
  std::int64_t size_;
  const InnerLoops& loops_;
};

/// The sum of the operands, divided at last. (See typed_fold.)
class MeanStep final : public Step {
 public:
  MeanStep(std::unique_ptr<Step> sum, const Node& node, const Lowering& lowering)
      : sum_(std::move(sum)),
        factor_(1.0F / static_cast<float>(node.inputs().size())),
        size_(num_elements(shape_of(node.output()))),
        loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    sum_->run(operands, pool);
    float* output = float_output(operands);
    unary({pool, loops_}, {UnaryOp::kLinear, factor_, 0}, size_, output, output);
  }

 private:
  std::unique_ptr<Step> sum_;
  float factor_;
  std::int64_t size_;
  const InnerLoops& loops_;
};

/// True if any of `size` integers is 0.
bool has_zero(std::size_t element_size, const void* data, std::int64_t size) {
  const auto any = [&]<typename T>(const T* elements) {
    return std::find(elements, elements + size, T{0}) != elements + size;
  };
  if (element_size == 1) return any(static_cast<const std::uint8_t*>(data));
  if (element_size == 2) return any(static_cast<const std::uint16_t*>(data));
  if (element_size == 4) return any(static_cast<const std::uint32_t*>(data));
  return any(static_cast<const std::uint64_t*>(data));
}

/// A function of two operands, or one folded over some.
class TypedFoldStep final : public Step {
 public:
  /// `order`: of the node's inputs. `divides`: the last of two integers must not be 0.
  TypedFoldStep(std::vector<TypedBinaryLoop> loops, std::vector<std::size_t> order, bool divides,
                const Node& node, const Lowering& lowering)
      : fold_(std::move(loops)),
        order_(std::move(order)),
        extents_(shape_of(node.output())),
        operand_size_(size_of(node.input(0)->type.dtype)),
        output_size_(size_of(node.output()->type.dtype)),
        described_(node.described()),
        loops_(lowering.loops) {
    for (const std::size_t input : order_) {
      const Shape shape = shape_of(node.input(input));
      strides_.push_back(num_elements(shape) == 1 ? Shape(extents_.size(), 0)
                                                  : broadcast_strides(shape, extents_));
    }
    if (divides) divisors_ = num_elements(shape_of(node.input(1)));
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    if (divisors_ > 0 && has_zero(operand_size_, operands.inputs[1], divisors_))
      fail(ErrorCode::kInvalidArgument, described_, ": an integer is divided by zero");
    constexpr std::size_t kFew = 4;
    std::array<TypedOperand, kFew> few;
    std::vector<TypedOperand> many(order_.size() > kFew ? order_.size() : 0);
    const std::span views = many.empty() ? std::span(few).first(order_.size()) : std::span(many);
    for (std::size_t i = 0; i < order_.size(); ++i)
      views[i] = {operands.inputs[order_[i]], strides_[i]};
    typed_fold({pool, loops_}, fold_, extents_, operand_size_, views, output_size_,
               operands.outputs[0]);
  }
  /// Later operands are still read when the first result is there.
  bool may_overwrite(std::size_t /*input*/) const override {
    return order_.size() == 2 && operand_size_ == output_size_;
  }

 private:
  std::vector<TypedBinaryLoop> fold_;
  std::vector<std::size_t> order_;
  Shape extents_;
  std::size_t operand_size_, output_size_;
  std::string described_;
  std::vector<Shape> strides_;
  std::int64_t divisors_ = 0;  ///< Integers that must not be 0.
  const InnerLoops& loops_;
};

class SelectStep final : public Step {
 public:
  SelectStep(const Node& node, const Lowering& lowering)
      : extents_(shape_of(node.output())),
        element_size_(size_of(node.output()->type.dtype)),
        loops_(lowering.loops) {
    for (std::size_t i = 0; i < strides_.size(); ++i)
      strides_[i] = broadcast_strides(shape_of(node.input(i)), extents_);
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    typed_select({pool, loops_}, extents_, {operands.inputs[0], strides_[0]}, element_size_,
                 {operands.inputs[1], strides_[1]}, {operands.inputs[2], strides_[2]},
                 operands.outputs[0]);
  }

 private:
  Shape extents_;
  std::array<Shape, 3> strides_;
  std::size_t element_size_;
  const InnerLoops& loops_;
};

std::optional<TypedUnary> typed_unary_op(const Node& node) {
  constexpr std::array<std::pair<std::string_view, TypedUnary>, 11> kOps = {{
      {"Abs", TypedUnary::kAbs},
      {"BitwiseNot", TypedUnary::kBitwiseNot},
      {"Ceil", TypedUnary::kCeil},
      {"Floor", TypedUnary::kFloor},
      {"IsNaN", TypedUnary::kIsNaN},
      {"Neg", TypedUnary::kNeg},
      {"Not", TypedUnary::kNot},
      {"Reciprocal", TypedUnary::kReciprocal},
      {"Relu", TypedUnary::kRelu},
      {"Sign", TypedUnary::kSign},
      {"Sqrt", TypedUnary::kSqrt},
  }};
  for (const auto& [name, op] : kOps) {
    if (node.is(name)) return op;
  }
  if (!node.is("IsInf")) return std::nullopt;
  const bool positive = node.get_int("detect_positive", 1) != 0;
  const bool negative = node.get_int("detect_negative", 1) != 0;
  if (positive && negative) return TypedUnary::kIsInfinite;
  if (positive) return TypedUnary::kIsPositiveInfinity;
  if (negative) return TypedUnary::kIsNegativeInfinity;
  return std::nullopt;
}

struct BinaryFunction {
  std::string_view name;
  TypedBinary op;
  bool swapped = false;
};

std::optional<BinaryFunction> typed_binary_op(const Node& node) {
  constexpr BinaryFunction kOps[] = {
      {"Add", TypedBinary::kAdd},
      {"And", TypedBinary::kAnd},
      {"BitwiseAnd", TypedBinary::kAnd},
      {"BitwiseOr", TypedBinary::kOr},
      {"BitwiseXor", TypedBinary::kXor},
      {"Div", TypedBinary::kDiv},
      {"Equal", TypedBinary::kEqual},
      {"Greater", TypedBinary::kLess, true},
      {"GreaterOrEqual", TypedBinary::kLessOrEqual, true},
      {"Less", TypedBinary::kLess},
      {"LessOrEqual", TypedBinary::kLessOrEqual},
      {"Max", TypedBinary::kMax},
      {"Mean", TypedBinary::kAdd},
      {"Min", TypedBinary::kMin},
      {"Mul", TypedBinary::kMul},
      {"Or", TypedBinary::kOr},
      {"PRelu", TypedBinary::kPRelu},
      {"Sub", TypedBinary::kSub},
      {"Sum", TypedBinary::kAdd},
      {"Xor", TypedBinary::kXor},
  };
  for (const BinaryFunction& function : kOps) {
    if (node.is(function.name)) return function;
  }
  if (node.is("Mod")) {
    const bool as_c = node.get_int("fmod", 0) != 0;
    return BinaryFunction{"Mod", as_c ? TypedBinary::kRemainder : TypedBinary::kModFloor};
  }
  if (node.is("BitShift")) {
    const bool left = node.get_string("direction", "") == "LEFT";
    return BinaryFunction{"BitShift", left ? TypedBinary::kShiftLeft : TypedBinary::kShiftRight};
  }
  return std::nullopt;
}

template <double (*kFunction)(double)>
void double_loop(std::int64_t size, const void* x, void* output) noexcept {
  const auto* in = static_cast<const double*>(x);
  auto* out = static_cast<double*>(output);
  for (std::int64_t i = 0; i < size; ++i) out[i] = kFunction(in[i]);
}

double sigmoid(double x) {
  return 1.0 / (1.0 + std::exp(-x));
}

/// The standard library's functions, on all threads.
TypedUnaryLoop double_function(const Node& node) {
  if (node.input(0)->type.dtype != DType::kFloat64) return nullptr;
  constexpr std::array<std::pair<std::string_view, TypedUnaryLoop>, 15> kLoops = {{
      {"Acos", double_loop<std::acos>},
      {"Acosh", double_loop<std::acosh>},
      {"Asin", double_loop<std::asin>},
      {"Asinh", double_loop<std::asinh>},
      {"Atan", double_loop<std::atan>},
      {"Atanh", double_loop<std::atanh>},
      {"Cos", double_loop<std::cos>},
      {"Cosh", double_loop<std::cosh>},
      {"Erf", double_loop<std::erf>},
      {"Exp", double_loop<std::exp>},
      {"Log", double_loop<std::log>},
      {"Sigmoid", double_loop<sigmoid>},
      {"Sin", double_loop<std::sin>},
      {"Tan", double_loop<std::tan>},
      {"Tanh", double_loop<std::tanh>},
  }};
  for (const auto& [name, loop] : kLoops) {
    if (node.is(name)) return loop;
  }
  return nullptr;
}

/// The larger of x and the lower bound, and the smaller of that and the upper one.
std::unique_ptr<Step> lower_typed_clip(const Node& node, Lowering& lowering) {
  std::vector<TypedBinaryLoop> loops;
  std::vector<std::size_t> order = {0};
  for (const std::size_t bound : {1, 2}) {
    if (node.input(bound) == nullptr) continue;
    const TypedBinary op = bound == 1 ? TypedBinary::kMax : TypedBinary::kMin;
    loops.push_back(lowering.loops.typed_binary(op, node.input(0)->type.dtype));
    order.push_back(bound);
  }
  const bool known = std::ranges::find(loops, nullptr) == loops.end();
  if (loops.empty() || !known || shape_of(node.output()).size() > kMaxRank) return nullptr;
  return std::make_unique<TypedFoldStep>(std::move(loops), std::move(order), false, node, lowering);
}

/// A constant square or cube is a product.
std::unique_ptr<Step> lower_typed_power(const Node& node, Lowering& lowering) {
  const auto exponent = constant_ints(node.input(1));
  const bool is_small = exponent && exponent->size() == 1 &&
                        node.input(1)->type.shape->size() <= node.input(0)->type.shape->size() &&
                        (exponent->front() == 2 || exponent->front() == 3);
  const TypedBinaryLoop loop =
      lowering.loops.typed_binary(TypedBinary::kMul, node.input(0)->type.dtype);
  if (!is_small || loop == nullptr || shape_of(node.output()).size() > kMaxRank) return nullptr;
  const auto factors = static_cast<std::size_t>(exponent->front());
  return std::make_unique<TypedFoldStep>(std::vector<TypedBinaryLoop>(factors - 1, loop),
                                         std::vector<std::size_t>(factors, 0), false, node,
                                         lowering);
}

}  // namespace

std::unique_ptr<Step> lower_typed_unary(const Node& node, Lowering& lowering) {
  if (node.is("Clip")) return lower_typed_clip(node, lowering);
  if (const TypedUnaryLoop loop = double_function(node))
    return std::make_unique<TypedUnaryStep>(loop, node, lowering);
  const auto op = typed_unary_op(node);
  if (!op) return nullptr;
  const TypedUnaryLoop loop = lowering.loops.typed_unary(*op, node.input(0)->type.dtype);
  return loop ? std::make_unique<TypedUnaryStep>(loop, node, lowering) : nullptr;
}

std::unique_ptr<Step> lower_typed_binary(const Node& node, Lowering& lowering) {
  if (node.is("Pow")) return lower_typed_power(node, lowering);
  const auto function = typed_binary_op(node);
  const std::size_t count = node.inputs().size();
  if (!function || count < 2 || shape_of(node.output()).size() > kMaxRank) return nullptr;
  const DType dtype = node.input(0)->type.dtype;
  const TypedBinaryLoop loop = lowering.loops.typed_binary(function->op, dtype);
  if (loop == nullptr) return nullptr;
  const bool divides = kIntegerTypes.contains(dtype) && (node.is("Div") || node.is("Mod"));
  std::vector<std::size_t> order(count);
  for (std::size_t i = 0; i < count; ++i) order[i] = function->swapped ? count - 1 - i : i;
  return std::make_unique<TypedFoldStep>(std::vector<TypedBinaryLoop>(count - 1, loop),
                                         std::move(order), divides, node, lowering);
}

std::unique_ptr<Step> lower_mean(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0))) return nullptr;
  auto sum = lower_typed_binary(node, lowering);
  return sum ? std::make_unique<MeanStep>(std::move(sum), node, lowering) : nullptr;
}

std::unique_ptr<Step> lower_where(const Node& node, Lowering& lowering) {
  if (shape_of(node.output()).size() > kMaxRank) return nullptr;
  return std::make_unique<SelectStep>(node, lowering);
}

std::unique_ptr<Step> lower_cast(const Node& node, Lowering& lowering) {
  const Conversion conversion =
      conversion_of(lowering.loops, node.input(0)->type.dtype, node.output()->type.dtype);
  if (conversion.first == nullptr) return nullptr;
  return std::make_unique<ConvertStep>(conversion, node, lowering);
}

}  // namespace headway::cpu
