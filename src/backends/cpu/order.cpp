#include "kernels/reduce/order.h"

#include <limits>

#include "backends/cpu/lowering.h"
#include "backends/cpu/operands.h"
#include "kernels/reduce/cumulate.h"
#include "ops/rules.h"

namespace headway::cpu {
namespace {

LineExtents lines_of(const Node& node, std::int64_t default_axis) {
  const Shape shape = shape_of(node.input(0));
  const std::size_t axis = resolve_axis(node, node.get_int("axis", default_axis), shape.size());
  const AxisExtents extents = around(shape, axis, axis + 1);
  return {extents.outer, extents.axis, extents.inner};
}

bool fits(const LineExtents& lines) {
  return lines.extent < std::numeric_limits<std::int32_t>::max();
}

class ArgStep final : public Step {
 public:
  ArgStep(const Node& node, const Lowering& lowering)
      : lines_(lines_of(node, 0)),
        dtype_(node.input(0)->type.dtype),
        largest_(node.is("ArgMax")),
        last_(node.get_int("select_last_index", 0) != 0),
        loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    dispatch_native(dtype_, [&]<typename T>(std::type_identity<T>) {
      arg_extreme({pool, loops_}, lines_, largest_, last_,
                  static_cast<const T*>(operands.inputs[0]),
                  static_cast<std::int64_t*>(operands.outputs[0]));
    });
  }

 private:
  LineExtents lines_;
  DType dtype_;
  bool largest_, last_;
  const InnerLoops& loops_;
};

class TopKStep final : public Step {
 public:
  TopKStep(const Node& node, std::int64_t count, const Lowering& lowering)
      : lines_(lines_of(node, -1)),
        count_(count),
        dtype_(node.input(0)->type.dtype),
        largest_(node.get_int("largest", 1) != 0),
        threads_(lowering.threads),
        loops_(lowering.loops) {}

  void run(const Operands& operands, ThreadPool& pool) const override {
    dispatch_native(dtype_, [&]<typename T>(std::type_identity<T>) {
      top_k({pool, loops_}, lines_, count_, largest_, static_cast<const T*>(operands.inputs[0]),
            operands.scratch, static_cast<T*>(operands.outputs[0]),
            static_cast<std::int64_t*>(operands.outputs[1]));
    });
  }
  std::size_t scratch_bytes() const override {
    return top_k_scratch(size_of(dtype_), count_, threads_);
  }

 private:
  LineExtents lines_;
  std::int64_t count_;
  DType dtype_;
  bool largest_;
  int threads_;
  const InnerLoops& loops_;
};

class CumulateStep final : public Step {
 public:
  CumulateStep(const Node& node, std::size_t axis, const Lowering& lowering)
      : cumulation_{node.is("CumProd"), node.get_int("exclusive", 0) != 0,
                    node.get_int("reverse", 0) != 0},
        dtype_(node.input(0)->type.dtype),
        loops_(lowering.loops) {
    const AxisExtents extents = around(shape_of(node.input(0)), axis, axis + 1);
    lines_ = {extents.outer, extents.axis, extents.inner};
  }

  void run(const Operands& operands, ThreadPool& pool) const override {
    dispatch_native(dtype_, [&]<typename T>(std::type_identity<T>) {
      cumulate({pool, loops_}, lines_, cumulation_, static_cast<const T*>(operands.inputs[0]),
               static_cast<T*>(operands.outputs[0]));
    });
  }
  bool may_overwrite(std::size_t input) const override { return input == 0; }

 private:
  Cumulation cumulation_;
  LineExtents lines_{};
  DType dtype_;
  const InnerLoops& loops_;
};

}  // namespace

std::unique_ptr<Step> lower_cumulate(const Node& node, Lowering& lowering) {
  const auto axis = constant_ints(node.input(1));
  if (!axis || axis->size() != 1 || !is_native_number(node.input(0)->type.dtype)) return nullptr;
  const std::size_t rank = shape_of(node.input(0)).size();
  return std::make_unique<CumulateStep>(node, resolve_axis(node, axis->front(), rank), lowering);
}

std::unique_ptr<Step> lower_arg_reduce(const Node& node, Lowering& lowering) {
  if (!is_native_number(node.input(0)->type.dtype) || !fits(lines_of(node, 0))) return nullptr;
  return std::make_unique<ArgStep>(node, lowering);
}

/// How many elements are taken is what the shape rule found.
std::unique_ptr<Step> lower_top_k(const Node& node, Lowering& lowering) {
  const Shape shape = shape_of(node.input(0));
  if (!is_native_number(node.input(0)->type.dtype) || !fits(lines_of(node, -1))) return nullptr;
  const Value* output = node.output(0) != nullptr ? node.output(0) : node.output(1);
  if (output == nullptr) return nullptr;
  const std::size_t axis = resolve_axis(node, node.get_int("axis", -1), shape.size());
  const std::int64_t count = shape_of(output)[axis];
  if (count < 1 || count > shape[axis]) return nullptr;
  return std::make_unique<TopKStep>(node, count, lowering);
}

}  // namespace headway::cpu
