#include <cmath>
#include <limits>

#include "formats/torchscript/reader/call.h"

namespace headway::script {
namespace {

/// The axes of "dim": none given means all.
Ints axes_of(Call& call, Value* input) {
  const std::int64_t rank = call.rank(input);
  Ints axes;
  if (call.has("dim"))
    for (const std::int64_t axis : call.ints("dim")) axes.push_back(call.axis(axis, rank));
  if (axes.empty())
    for (std::int64_t axis = 0; axis < rank; ++axis) axes.push_back(axis);
  return axes;
}

Value* reduce(Call& call, std::string_view op, Value* input, const Ints& axes, bool keep) {
  if (call.rank(input) == 0) return input;
  const std::int64_t keepdims = keep ? 1 : 0;
  if (op == "ReduceSum")
    return call.node(op, {input, call.ints_value(axes)}, {{"keepdims", keepdims}});
  return call.node(op, {input}, {{"axes", axes}, {"keepdims", keepdims}});
}

Value* typed_input(Call& call, bool floating) {
  Value* input = call.tensor("self");
  const DType dtype = call.graph().dtype(input);
  if (const auto wanted = call.dtype("dtype")) return call.cast(input, *wanted);
  if (floating && !is_floating_point(dtype)) return call.cast(input, DType::kFloat32);
  return is_floating_point(dtype) ? input : call.cast(input, DType::kInt64);
}

IValue mean(Call& call) {
  Value* input = typed_input(call, true);
  return tensor_result(
      reduce(call, "ReduceMean", input, axes_of(call, input), call.flag("keepdim")));
}
IValue sum(Call& call) {
  Value* input = typed_input(call, false);
  return tensor_result(
      reduce(call, "ReduceSum", input, axes_of(call, input), call.flag("keepdim")));
}
IValue prod(Call& call) {
  Value* input = typed_input(call, false);
  return tensor_result(
      reduce(call, "ReduceProd", input, axes_of(call, input), call.flag("keepdim")));
}
IValue extreme(Call& call, std::string_view op) {
  Value* input = call.tensor("self");
  return tensor_result(reduce(call, op, input, axes_of(call, input), call.flag("keepdim")));
}
IValue amax(Call& call) {
  return extreme(call, "ReduceMax");
}
IValue amin(Call& call) {
  return extreme(call, "ReduceMin");
}
IValue logsumexp(Call& call) {
  return extreme(call, "ReduceLogSumExp");
}

/// max(x), max(x, other) and max(x, dim, keepdim), which also says where.
IValue max_or_min(Call& call, std::string_view reduced, std::string_view position,
                  std::string_view binary) {
  Value* input = call.tensor("self");
  if (call.is_tensor("dim")) {
    const DType dtype = promoted({&call.argument("self"), &call.argument("dim")});
    return tensor_result(
        call.node(binary, {call.cast(input, dtype), call.operand(call.argument("dim"), dtype)}));
  }
  if (!call.has("dim"))
    return tensor_result(reduce(call, reduced, input, axes_of(call, input), false));
  const std::int64_t axis = call.axis(call.integer("dim"), call.rank(input));
  const bool keep = call.flag("keepdim");
  Value* index = call.node(position, {input}, {{"axis", axis}, {"keepdims", std::int64_t{keep}}});
  return tuple_of(
      {tensor_result(reduce(call, reduced, input, {axis}, keep)), tensor_result(index)});
}
IValue max(Call& call) {
  return max_or_min(call, "ReduceMax", "ArgMax", "Max");
}
IValue min(Call& call) {
  return max_or_min(call, "ReduceMin", "ArgMin", "Min");
}

IValue arg(Call& call, std::string_view op) {
  Value* input = call.tensor("self");
  std::int64_t axis = 0;
  if (call.has("dim")) {
    axis = call.axis(call.integer("dim"), call.rank(input));
  } else {
    input = call.reshape(input, {std::int64_t{-1}});
  }
  return tensor_result(
      call.node(op, {input}, {{"axis", axis}, {"keepdims", std::int64_t{call.flag("keepdim")}}}));
}
IValue argmax(Call& call) {
  return arg(call, "ArgMax");
}
IValue argmin(Call& call) {
  return arg(call, "ArgMin");
}

IValue norm(Call& call) {
  Value* input = typed_input(call, true);
  const double order = call.has("p") ? call.number("p") : 2;
  const Ints axes = axes_of(call, input);
  const bool keep = call.flag("keepdim");
  if (order == 1) return tensor_result(reduce(call, "ReduceL1", input, axes, keep));
  if (order == 2) return tensor_result(reduce(call, "ReduceL2", input, axes, keep));
  if (std::isinf(order))
    return tensor_result(
        reduce(call, order > 0 ? "ReduceMax" : "ReduceMin", call.node("Abs", {input}), axes, keep));
  const DType dtype = call.graph().dtype(input);
  Value* powers = call.node("Pow", {call.node("Abs", {input}), call.scalar(order, dtype)});
  Value* total = reduce(call, "ReduceSum", powers, axes, keep);
  return tensor_result(call.node("Pow", {total, call.scalar(1 / order, dtype)}));
}

Value* variance_of(Call& call, Value* input) {
  const Ints axes = axes_of(call, input);
  double correction = 1;
  if (call.has("unbiased")) {
    const IValue& given = call.argument("unbiased");
    const auto* flag = std::get_if<bool>(&given);
    correction = flag != nullptr ? (*flag ? 1 : 0) : call.number("unbiased");
  }
  if (call.has("correction")) correction = call.number("correction");
  std::int64_t count = 1;
  if (correction != 0)
    for (const std::int64_t axis : axes) count *= call.extent(input, axis);
  Value* centered = call.node("Sub", {input, reduce(call, "ReduceMean", input, axes, true)});
  Value* mean = reduce(call, "ReduceMean", call.node("Mul", {centered, centered}), axes,
                       call.flag("keepdim"));
  if (correction == 0) return mean;
  const double elements = static_cast<double>(count);
  return call.node(
      "Mul", {mean, call.scalar(elements / (elements - correction), call.graph().dtype(input))});
}
IValue variance(Call& call) {
  return tensor_result(variance_of(call, call.tensor("self")));
}
IValue deviation(Call& call) {
  return tensor_result(call.node("Sqrt", {variance_of(call, call.tensor("self"))}));
}

IValue any_or_all(Call& call, std::string_view op) {
  Value* input = call.cast(call.cast(call.tensor("self"), DType::kBool), DType::kInt32);
  Value* result = reduce(call, op, input, axes_of(call, input), call.flag("keepdim"));
  return tensor_result(call.cast(result, DType::kBool));
}
IValue any(Call& call) {
  return any_or_all(call, "ReduceMax");
}
IValue all(Call& call) {
  return any_or_all(call, "ReduceMin");
}

IValue cumsum(Call& call) {
  Value* input = typed_input(call, false);
  return tensor_result(
      call.node("CumSum", {input, call.graph().scalar(call.integer("dim"), DType::kInt64)}));
}

IValue topk(Call& call) {
  const std::vector<Value*> results = call.graph().add_all(
      "TopK", {call.tensor("self"), call.extents_value({extent_of(call.argument("k"))})}, 2,
      {{"axis", call.integer("dim")},
       {"largest", std::int64_t{call.flag("largest")}},
       {"sorted", std::int64_t{1}}});
  return tuple_of({tensor_result(results[0]), tensor_result(results[1])});
}
IValue sort(Call& call) {
  Value* input = call.tensor("self");
  const std::int64_t axis = call.axis(call.integer("dim"), call.rank(input));
  Value* count = call.extents_value({extent_of(call.recorder().extent_of(input, axis))});
  const std::vector<Value*> results =
      call.graph().add_all("TopK", {input, count}, 2,
                           {{"axis", axis},
                            {"largest", std::int64_t{call.flag("descending")}},
                            {"sorted", std::int64_t{1}}});
  return tuple_of({tensor_result(results[0]), tensor_result(results[1])});
}

constexpr std::string_view kReduce = "self, dim=None, keepdim=False, dtype=None";
constexpr std::string_view kPlain = "self, dim=None, keepdim=False";

constexpr AtenOperator kOperators[] = {
    {"mean", kReduce, mean},
    {"sum", kReduce, sum},
    {"prod", kReduce, prod},
    {"amax", kPlain, amax},
    {"amin", kPlain, amin},
    {"logsumexp", kPlain, logsumexp},
    {"max", kPlain, max},
    {"min", kPlain, min},
    {"argmax", kPlain, argmax},
    {"argmin", kPlain, argmin},
    {"norm", "self, p=2, dim=None, keepdim=False, dtype=None", norm},
    {"linalg_vector_norm", "self, p=2, dim=None, keepdim=False, dtype=None", norm},
    {"var", "self, dim=None, unbiased=None, keepdim=False, correction=None", variance},
    {"std", "self, dim=None, unbiased=None, keepdim=False, correction=None", deviation},
    {"any", kPlain, any},
    {"all", kPlain, all},
    {"cumsum", "self, dim, dtype=None", cumsum},
    {"topk", "self, k, dim=-1, largest=True, sorted=True", topk},
    {"sort", "self, dim=-1, descending=False", sort},
};

}  // namespace

std::span<const AtenOperator> reduction_operators() {
  return kOperators;
}

}  // namespace headway::script
