#include <array>

#include "families.h"

namespace headway::differential {
namespace {

/// Some axes, each once, negative or not.
Ints some_axes(Builder& b, std::size_t rank) {
  Ints axes;
  for (std::size_t axis = 0; axis < rank; ++axis)
    if (b.chance(45)) axes.push_back(b.signed_axis(static_cast<std::int64_t>(axis), rank));
  return axes;
}

void reduce(Builder& b) {
  const std::string op =
      b.pick({"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1",
              "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare"});
  if (op == "ReduceProd" || b.chance(70)) b.forbid_special();
  const bool logarithm = op == "ReduceLogSum";
  DTypeList dtypes = {DType::kFloat32, DType::kFloat32, DType::kFloat64, DType::kFloat16,
                      DType::kInt32};
  // Of whole numbers logarithms may be NaN, which no whole number stands for.
  if (logarithm || (op == "ReduceLogSumExp" && !b.alone())) dtypes.pop_back();
  const ValueId x = logarithm ? b.value(dtypes, 0, 5, Fill::kPositive) : b.value(dtypes, 0, 5);
  if (!b.has_elements(x) && !b.alone()) return;
  std::vector<ValueId> inputs = {x};
  Attributes attributes;
  const Ints axes = some_axes(b, b.rank_of(x));
  if (b.chance(50)) attributes["keepdims"] = b.between(0, 1);
  if (b.chance(25)) attributes["noop_with_empty_axes"] = b.between(0, 1);
  if (!axes.empty()) inputs.push_back(b.ints(axes));
  b.node(op, inputs, attributes);
}

void arg_reduce(Builder& b) {
  const DTypeList dtypes = {DType::kFloat32, DType::kFloat64, DType::kInt32, DType::kInt8,
                            DType::kUInt8};
  const Fill fill = b.chance(50) ? Fill::kGrid : Fill::kPlain;
  const ValueId x = b.value(dtypes, 1, 4, fill);
  Attributes attributes;
  if (b.chance(80)) attributes["axis"] = b.axis_of(b.rank_of(x));
  if (b.chance(50)) attributes["keepdims"] = b.between(0, 1);
  if (b.chance(50)) attributes["select_last_index"] = b.between(0, 1);
  b.node(b.pick({"ArgMax", "ArgMin"}), {x}, attributes, {DType::kInt64});
}

void softmax(Builder& b) {
  const ValueId x = b.value(floats(), 1, 5);
  Attributes attributes;
  if (b.chance(80)) attributes["axis"] = b.axis_of(b.rank_of(x));
  // What comes of infinities, and which element is the largest when one is NaN, is not said.
  if (!b.is_finite(x)) return;
  const bool decides = b.chance(33);
  b.node(decides ? "Hardmax" : b.pick({"Softmax", "LogSoftmax"}), {x}, attributes);
}

void cumulative(Builder& b) {
  const DTypeList dtypes = {DType::kFloat32, DType::kFloat64, DType::kInt32, DType::kInt64};
  const ValueId x = b.value(dtypes, 1, 4);
  Attributes attributes;
  if (b.chance(50)) attributes["exclusive"] = b.between(0, 1);
  if (b.chance(50)) attributes["reverse"] = b.between(0, 1);
  const ValueId axis = b.constant(Tensor::from<std::int64_t>({}, {b.axis_of(b.rank_of(x))}));
  b.node("CumSum", {x, axis}, attributes);
}

void top_k(Builder& b) {
  const DTypeList dtypes = {DType::kFloat32, DType::kFloat64, DType::kInt32, DType::kInt64};
  const ValueId x = b.value(dtypes, 1, 4, b.chance(40) ? Fill::kGrid : Fill::kPlain);
  if (!b.is_finite(x)) return;
  const std::int64_t axis = b.axis_of(b.rank_of(x));
  const auto rank = static_cast<std::int64_t>(b.rank_of(x));
  const std::int64_t extent =
      b.shape_of(x)[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)];
  Attributes attributes;
  if (axis != -1 || b.chance(50)) attributes["axis"] = axis;
  if (b.chance(50)) attributes["largest"] = b.between(0, 1);
  b.nodes("TopK", {x, b.ints({b.between(0, extent)})}, attributes, {b.dtype_of(x), DType::kInt64});
}

constexpr auto kGenerators = std::to_array<void (*)(Builder&)>(
    {reduce, reduce, reduce, arg_reduce, softmax, cumulative, top_k});

}  // namespace

Family reduce_family() {
  return {"reduce", kGenerators};
}

}  // namespace headway::differential
