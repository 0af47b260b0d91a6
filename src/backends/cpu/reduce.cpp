#include "kernels/reduce/reduce.h"

#include <algorithm>
#include <array>
#include <optional>

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "kernels/elementwise/unary.h"
#include "kernels/reduce/typed_reduce.h"
#include "ops/reduce_axes.h"

namespace headway::cpu {
namespace {

/// Of the dense result along the axes of the input: 0 where they are reduced.
Shape reduced_strides(const Shape& shape, const std::vector<std::size_t>& axes) {
  Shape strides(shape.size());
  std::int64_t stride = 1;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    if (std::find(axes.begin(), axes.end(), axis) != axes.end()) continue;
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

class ReduceStep final : public Step {
 public:
  ReduceStep(ReduceOp op, const Shape& shape, const std::vector<std::size_t>& axes,
             const Lowering& lowering)
      : op_(op),
        extents_(shape),
        output_strides_(reduced_strides(shape, axes)),
        loops_(lowering.loops) {}

  /// The logarithms of `totals` results.
  void set_logarithm(std::int64_t totals) { logarithms_ = totals; }

  void run(const Operands& operands, ThreadPool& pool) const override {
    float* output = float_output(operands);
    reduce({pool, loops_}, op_, extents_, output_strides_, float_input(operands, 0), output);
    unary({pool, loops_}, {UnaryOp::kLog}, logarithms_, output, output);
  }

 private:
  ReduceOp op_;
  Shape extents_, output_strides_;
  std::int64_t logarithms_ = 0;
  const InnerLoops& loops_;
};

class TypedReduceStep final : public Step {
 public:
  TypedReduceStep(const TypedReduction& reduction, const Shape& shape,
                  const std::vector<std::size_t>& axes, const Lowering& lowering)
      : reduction_(reduction),
        extents_(shape),
        output_strides_(reduced_strides(shape, axes)),
        loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    typed_reduce({pool, loops_}, reduction_, extents_, output_strides_, operands.inputs[0],
                 operands.outputs[0]);
  }

 private:
  TypedReduction reduction_;
  Shape extents_, output_strides_;
  const InnerLoops& loops_;
};

std::optional<ReduceOp> reduce_op(const Node& node) {
  constexpr std::array<std::pair<std::string_view, ReduceOp>, 9> kOps = {{
      {"ReduceL1", ReduceOp::kL1},
      {"ReduceL2", ReduceOp::kL2},
      {"ReduceLogSum", ReduceOp::kSum},
      {"ReduceMax", ReduceOp::kMax},
      {"ReduceMean", ReduceOp::kMean},
      {"ReduceMin", ReduceOp::kMin},
      {"ReduceProd", ReduceOp::kProd},
      {"ReduceSum", ReduceOp::kSum},
      {"ReduceSumSquare", ReduceOp::kSumSquare},
  }};
  for (const auto& [name, op] : kOps) {
    if (node.is(name)) return op;
  }
  return std::nullopt;
}

/// The axes that a node reduces; nullopt if they are not known before it runs.
std::optional<std::vector<std::size_t>> axes_of(const Node& node) {
  std::optional<std::vector<std::int64_t>> given;
  if (node.input(1) != nullptr && !(given = constant_ints(node.input(1)))) return std::nullopt;
  return reduce_axes(node, shape_of(node.input(0)).size(), given);
}

class LogSumExpStep final : public Step {
 public:
  LogSumExpStep(const AxisExtents& rows, const Lowering& lowering)
      : rows_(rows), loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    const KernelContext context{pool, loops_};
    const auto [outer, axis, inner] = rows_;
    if (inner == 1) {
      log_sum_exp(context, outer, axis, float_input(operands, 0), float_output(operands));
    } else {
      log_sum_exp(context, outer, axis, inner, float_input(operands, 0), float_output(operands));
    }
  }

 private:
  AxisExtents rows_;
  const InnerLoops& loops_;
};

}  // namespace

std::unique_ptr<Step> lower_reduce(const Node& node, Lowering& lowering) {
  const auto op = reduce_op(node);
  const auto axes = axes_of(node);
  const Shape shape = shape_of(node.input(0));
  if (!op || !axes || axes->empty() || shape.size() > kMaxRank) return nullptr;
  if (is_float(node.input(0))) {
    auto step = std::make_unique<ReduceStep>(*op, shape, *axes, lowering);
    if (node.is("ReduceLogSum")) step->set_logarithm(num_elements(shape_of(node.output())));
    return step;
  }
  if (node.is("ReduceLogSum")) return nullptr;
  const TypedReduction typed = typed_reduction(lowering.loops, *op, node.input(0)->type.dtype);
  if (typed.fold == nullptr) return nullptr;
  return std::make_unique<TypedReduceStep>(typed, shape, *axes, lowering);
}

/// Over neighbouring axes only.
std::unique_ptr<Step> lower_log_sum_exp(const Node& node, Lowering& lowering) {
  const auto axes = axes_of(node);
  const Shape shape = shape_of(node.input(0));
  const bool fits = is_float(node.input(0)) && axes && !axes->empty();
  if (!fits || axes->back() + 1 - axes->front() != axes->size()) return nullptr;
  return std::make_unique<LogSumExpStep>(around(shape, axes->front(), axes->back() + 1), lowering);
}

std::unique_ptr<Step> lower_global_pool(const Node& node, Lowering& lowering) {
  if (!is_float(node.input(0))) return nullptr;
  const Shape shape = shape_of(node.input(0));
  if (shape.size() > kMaxRank) return nullptr;
  std::vector<std::size_t> axes;
  for (std::size_t axis = 2; axis < shape.size(); ++axis) axes.push_back(axis);
  ReduceOp op = node.is("GlobalMaxPool") ? ReduceOp::kMax : ReduceOp::kMean;
  if (node.is("GlobalLpPool")) {
    const std::int64_t p = node.get_int("p", 2);
    if (p != 1 && p != 2) return nullptr;
    op = p == 1 ? ReduceOp::kL1 : ReduceOp::kL2;
  }
  return std::make_unique<ReduceStep>(op, shape, axes, lowering);
}

}  // namespace headway::cpu
