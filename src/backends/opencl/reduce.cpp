#include <algorithm>
#include <optional>
#include <vector>

#include "backends/opencl/element_types.h"
#include "backends/opencl/lowering.h"
#include "backends/opencl/operands.h"
#include "backends/opencl/rows.h"
#include "backends/opencl/walk.h"
#include "base/error.h"
#include "ops/constant_ints.h"
#include "ops/reduce_axes.h"
#include "ops/strided.h"

namespace headway::opencl {
namespace {

enum ReduceKind : cl_int {
  kSum,
  kMean,
  kMax,
  kMin,
  kProd,
  kL1,
  kL2,
  kSumSquare,
  kLogSum,
  kLogSumExp
};

std::optional<ReduceKind> kind_of(const Node& node) {
  constexpr std::pair<std::string_view, ReduceKind> kNames[] = {
      {"ReduceL1", kL1},
      {"ReduceL2", kL2},
      {"ReduceLogSum", kLogSum},
      {"ReduceLogSumExp", kLogSumExp},
      {"ReduceMax", kMax},
      {"ReduceMean", kMean},
      {"ReduceMin", kMin},
      {"ReduceProd", kProd},
      {"ReduceSum", kSum},
      {"ReduceSumSquare", kSumSquare},
      {"GlobalAveragePool", kMean},
      {"GlobalMaxPool", kMax},
      {"GlobalLpPool", kL2},
  };
  for (const auto& [name, kind] : kNames) {
    if (!node.is(name)) continue;
    return node.is("GlobalLpPool") && node.get_int("p", 2) == 1 ? kL1 : kind;
  }
  return std::nullopt;
}

/// A tensor with some axes reduced: how results, and what each is made of, lie in it.
struct Reduction {
  Walk kept, reduced;
  std::int64_t size;  ///< Elements that each result is made of.
};

std::optional<Reduction> reduction_over(const Shape& shape, const std::vector<std::size_t>& axes) {
  Shape kept = shape, reduced(shape.size(), 1);
  for (const std::size_t axis : axes) std::swap(kept[axis], reduced[axis]);
  const Shape strides = row_major_strides(shape);
  const auto outer = walk_over(kept, {strides}), inner = walk_over(reduced, {strides});
  if (!outer || !inner) return std::nullopt;
  return Reduction{*outer, *inner, num_elements(reduced)};
}

class ReduceStep final : public Step {
 public:
  ReduceStep(ReduceKind kind, const Node& node, const std::string& type, const Reduction& reduction,
             const Device& device)
      : kind_(kind),
        type_(type),
        element_size_(size_of(node.output()->type.dtype)),
        count_(elements_of(node.output())),
        size_(static_cast<cl_int>(reduction.size)),
        rows_(work_for_rows(count_, size_, device)),
        reduction_(reduction) {
    elements_of(node.input(0));
    const bool side_by_side = reduction.kept.rank > 0 && reduction.kept.strides[0][0] == 1;
    by_column_ = are_columns(count_, size_, side_by_side);
  }

  void record(Commands& commands, const Operands& operands) const override {
    const std::string options = concat("-DT=", type_, type_ == "float" ? " -DIS_FLOAT" : "");
    const auto& [kept, reduced, size] = reduction_;
    const Buffer &x = operands.inputs[0], &y = operands.outputs[0];
    const LocalMemory partial{rows_.local[0] * element_size_};
    if (kind_ == kLogSumExp) {
      commands.launch({"reduce.cl", "log_sum_exp", options}, rows_, x, y, partial, size_, kept,
                      reduced);
    } else if (by_column_) {
      commands.launch({"reduce.cl", "reduce_columns", options}, work_for(count_), x, y, count_,
                      size_, cl_int{kind_}, kept, reduced);
    } else {
      commands.launch({"reduce.cl", "reduce_rows", options}, rows_, x, y, partial, size_,
                      cl_int{kind_}, kept, reduced);
    }
  }

 private:
  ReduceKind kind_;
  std::string type_;
  std::size_t element_size_;
  cl_int count_, size_;
  WorkSize rows_;
  Reduction reduction_;
  bool by_column_ = false;
};

/// The axes that a node reduces; nullopt if they are not known before it runs.
std::optional<std::vector<std::size_t>> axes_of(const Node& node) {
  const std::size_t rank = shape_of(node.input(0)).size();
  if (node.op_type().starts_with("Global")) {
    std::vector<std::size_t> axes;
    for (std::size_t axis = 2; axis < rank; ++axis) axes.push_back(axis);
    return axes;
  }
  const auto given = constant_ints(node.input(1));
  if (node.input(1) != nullptr && !given) return std::nullopt;
  return reduce_axes(node, rank, given);
}

/// Integers have no means, roots and logarithms here.
bool is_for_integers(ReduceKind kind) {
  return kind != kMean && kind != kL2 && kind != kLogSum && kind != kLogSumExp;
}

}  // namespace

std::unique_ptr<Step> lower_reduce(const Node& node, Lowering& lowering) {
  const auto kind = kind_of(node);
  const auto axes = axes_of(node);
  const auto type = computed_type(node.input(0)->type.dtype);
  const bool has_norm = !node.is("GlobalLpPool") || node.get_int("p", 2) <= 2;
  if (!kind || !axes || !type || !has_norm) return nullptr;
  if (!is_float(node.input(0)) && !is_for_integers(*kind)) return nullptr;
  const auto reduction = reduction_over(shape_of(node.input(0)), *axes);
  if (!reduction) return nullptr;
  return std::make_unique<ReduceStep>(*kind, node, *type, *reduction, lowering.context.device());
}

}  // namespace headway::opencl
