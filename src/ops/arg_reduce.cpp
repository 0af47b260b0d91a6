#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"

namespace headway {
namespace {

void infer_arg(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  const TensorType& x = context.input(0);
  if (!x.shape) return context.set_output(0, {DType::kInt64, std::nullopt});
  SymbolicShape shape = *x.shape;
  const std::size_t axis =
      resolve_axis(context.node(), context.node().get_int("axis", 0), shape.size());
  if (shape[axis] == Dim(0)) context.fail("axis ", axis, " of ", x.to_string(), " is empty");
  if (context.node().get_int("keepdims", 1) != 0) {
    shape[axis] = Dim(1);
  } else {
    shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  }
  context.set_output(0, {DType::kInt64, std::move(shape)});
}

template <bool largest>
void run_arg(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const std::size_t axis = resolve_axis(node, node.get_int("axis", 0), inputs[0].rank());
  const std::int64_t outer = product(std::span(inputs[0].shape()).first(axis));
  const std::int64_t extent = inputs[0].dim(axis);
  const std::int64_t inner = product(std::span(inputs[0].shape()).subspan(axis + 1));
  const bool last = node.get_int("select_last_index", 0) != 0;
  std::int64_t* y = outputs[0].data<std::int64_t>();
  dispatch_numbers(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    for (std::int64_t line = 0; line < outer * inner; ++line) {
      const T* x = inputs[0].data<T>() + line / inner * extent * inner + line % inner;
      std::int64_t best = 0;
      for (std::int64_t i = 1; i < extent; ++i) {
        const auto value = load(x[i * inner]), champion = load(x[best * inner]);
        const bool better = largest ? value > champion : value < champion;
        if (better || (last && value == champion)) best = i;
      }
      y[line] = best;
    }
  });
}

}  // namespace

std::vector<Operator> arg_reduce_operators() {
  const std::vector<AttributeSpec> attributes = {{"axis", AttributeKind::kInt},
                                                 {"keepdims", AttributeKind::kInt},
                                                 {"select_last_index", AttributeKind::kInt}};
  return {
      {"ArgMax", "", 13, 1, 1, 1, 1, attributes, infer_arg, run_arg<true>},
      {"ArgMin", "", 13, 1, 1, 1, 1, attributes, infer_arg, run_arg<false>},
  };
}

}  // namespace headway
