#include "ops/rules.h"

#include <algorithm>

#include "ops/dims.h"
#include "ops/elements.h"

namespace headway {

void require_dtype(const InferContext& context, std::size_t input, DTypes allowed) {
  const DType dtype = context.input(input).dtype;
  if (!allowed.contains(dtype)) {
    context.fail("input ", input, " has dtype ", name_of(dtype),
                 ", which the operator does not allow");
  }
}

void require_same_dtypes(const InferContext& context, std::size_t first) {
  const DType wanted = context.input(first).dtype;
  for (std::size_t index = first + 1; index < context.input_count(); ++index) {
    if (context.has_input(index) && context.input(index).dtype != wanted) {
      context.fail("input ", index, " is ", name_of(context.input(index).dtype), " but input ",
                   first, " is ", name_of(wanted), "; their dtypes must be equal");
    }
  }
}

void require_rank(const InferContext& context, std::size_t input, std::size_t rank) {
  const TensorType& type = context.input(input);
  if (type.shape && type.shape->size() != rank) {
    context.fail("input ", input, " is ", type.to_string(), " but must have rank ", rank);
  }
}

void require_min_rank(const InferContext& context, std::size_t input, std::size_t rank) {
  const TensorType& type = context.input(input);
  if (type.shape && type.shape->size() < rank) {
    context.fail("input ", input, " is ", type.to_string(), " but must have at least rank ", rank);
  }
}

void require_vector(const InferContext& context, std::size_t input, const Dim& count) {
  if (!context.has_input(input)) return;
  require_rank(context, input, 1);
  const TensorType& type = context.input(input);
  if (!type.shape) return;
  const Dim& found = type.shape->front();
  if (found.is_static() && count.is_static() && found != count) {
    context.fail("input ", input, " has ", found.to_string(), " elements but must have ",
                 count.to_string());
  }
}

void require_same_shapes(const InferContext& context, std::size_t first, std::size_t second) {
  const TensorType& a = context.input(first);
  const TensorType& b = context.input(second);
  if (!a.shape || !b.shape) return;
  const auto may_be_equal = [](const Dim& x, const Dim& y) { return unify(x, y).has_value(); };
  if (!std::ranges::equal(*a.shape, *b.shape, may_be_equal)) {
    context.fail("input ", second, " is ", b.to_string(), " but input ", first, " is ",
                 a.to_string(), "; their shapes must be equal");
  }
}

std::size_t resolve_axis(const Node& node, std::int64_t axis, std::size_t rank) {
  const auto signed_rank = static_cast<std::int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank) {
    fail(ErrorCode::kInvalidModel, node.described(), ": axis ", axis,
         " is out of range for a tensor of rank ", rank);
  }
  return static_cast<std::size_t>(axis < 0 ? axis + signed_rank : axis);
}

std::vector<std::size_t> resolve_axes(const Node& node, std::span<const std::int64_t> axes,
                                      std::size_t rank) {
  std::vector<std::size_t> resolved;
  for (const std::int64_t axis : axes) resolved.push_back(resolve_axis(node, axis, rank));
  std::sort(resolved.begin(), resolved.end());
  if (const auto twice = std::adjacent_find(resolved.begin(), resolved.end());
      twice != resolved.end()) {
    fail(ErrorCode::kInvalidModel, node.described(), ": axis ", *twice, " is given twice");
  }
  return resolved;
}

void same_as_input(InferContext& context) {
  context.set_output(0, context.input(0));
}

void same_as_float_input(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  same_as_input(context);
}

void same_as_number_input(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  same_as_input(context);
}

std::optional<std::vector<std::int64_t>> known_ints(const InferContext& context,
                                                    std::size_t input) {
  require_dtype(context, input, kIntegerTypes);
  const Tensor tensor = context.constant_input(input);
  if (!tensor.defined()) return std::nullopt;
  return to_ints(tensor);
}

std::int64_t product(std::span<const std::int64_t> extents) {
  std::int64_t result = 1;
  for (const std::int64_t extent : extents) result *= extent;
  return result;
}

}  // namespace headway
