#include <algorithm>
#include <numeric>

#include "ops/elements.h"
#include "ops/families.h"
#include "ops/lines.h"
#include "ops/rules.h"

namespace headway {
namespace {

std::int64_t scalar_axis(const Node& node, const Tensor& tensor) {
  if (tensor.size() != 1) {
    fail(ErrorCode::kInvalidModel, node.described(), ": the axis must be one number");
  }
  return to_ints(tensor).front();
}

void infer_cumulative(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  require_dtype(context, 1, kIndexTypes);
  const Tensor axis = context.constant_input(1);
  const TensorType& x = context.input(0);
  if (x.shape && axis.defined()) {
    resolve_axis(context.node(), scalar_axis(context.node(), axis), x.shape->size());
  }
  same_as_input(context);
}

/// Along each line y[i] = total before x[i] (exclusive) or including it; total starts at `neutral`.
template <int neutral, auto combine>
void run_cumulative(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const bool exclusive = node.get_int("exclusive", 0) != 0;
  const bool reverse = node.get_int("reverse", 0) != 0;
  const Lines lines(inputs[0].shape(),
                    resolve_axis(node, scalar_axis(node, inputs[1]), inputs[0].rank()));
  dispatch_numbers(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    for (std::int64_t line = 0; line < lines.count(); ++line) {
      const T* x = inputs[0].data<T>() + lines.first(line, lines.extent);
      T* y = outputs[0].data<T>() + lines.first(line, lines.extent);
      Accumulated<T> total = neutral;
      for (std::int64_t i = 0; i < lines.extent; ++i) {
        const std::int64_t at = (reverse ? lines.extent - 1 - i : i) * lines.inner;
        const Accumulated<T> next = combine(total, static_cast<Accumulated<T>>(load(x[at])));
        y[at] = store<T>(exclusive ? total : next);
        total = next;
      }
    }
  });
}

Operator cumulative(std::string_view name, int since, ReferenceKernel kernel) {
  return {name,
          "",
          since,
          2,
          2,
          1,
          1,
          {{"exclusive", AttributeKind::kInt}, {"reverse", AttributeKind::kInt}},
          infer_cumulative,
          kernel};
}

void infer_top_k(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  require_dtype(context, 1, {DType::kInt64});
  const TensorType& x = context.input(0);
  if (!x.shape) {
    context.set_output(0, x);
    return context.set_output(1, {DType::kInt64, std::nullopt});
  }
  SymbolicShape shape = *x.shape;
  const std::size_t axis =
      resolve_axis(context.node(), context.node().get_int("axis", -1), shape.size());
  const Tensor count = context.constant_input(1);
  Dim k;
  if (count.defined()) {
    const std::int64_t wanted = count.size() == 1 ? to_ints(count).front() : -1;
    if (wanted < 0 || (shape[axis].is_static() && wanted > shape[axis].extent())) {
      context.fail("cannot take the top ", wanted, " of an axis of extent ",
                   shape[axis].to_string());
    }
    k = Dim(wanted);
  }
  shape[axis] = k;
  context.set_output(0, {x.dtype, shape});
  context.set_output(1, {DType::kInt64, shape});
}

/// Among equal elements the one with the lower index comes first.
void run_top_k(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const std::size_t axis = resolve_axis(node, node.get_int("axis", -1), inputs[0].rank());
  const bool largest = node.get_int("largest", 1) != 0;
  const Lines lines(inputs[0].shape(), axis);
  const std::int64_t k = to_ints(inputs[1]).front();
  std::vector<std::int64_t> order(static_cast<std::size_t>(lines.extent));
  dispatch_numbers(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    for (std::int64_t line = 0; line < lines.count(); ++line) {
      const T* x = inputs[0].data<T>() + lines.first(line, lines.extent);
      const std::int64_t first = lines.first(line, k);
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
        const auto left = load(x[a * lines.inner]), right = load(x[b * lines.inner]);
        if (left != left || right != right) return left != left && right == right;
        return largest ? left > right : left < right;
      });
      for (std::int64_t i = 0; i < k; ++i) {
        const std::int64_t index = order[static_cast<std::size_t>(i)];
        const std::int64_t at = first + i * lines.inner;
        if (outputs[0].defined()) outputs[0].data<T>()[at] = x[index * lines.inner];
        if (outputs[1].defined()) outputs[1].data<std::int64_t>()[at] = index;
      }
    }
  });
}

void infer_trilu(InferContext& context) {
  require_min_rank(context, 0, 2);
  if (context.has_input(1)) require_dtype(context, 1, {DType::kInt64});
  same_as_input(context);
}

void run_trilu(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const bool upper = node.get_int("upper", 1) != 0;
  const bool has_k = inputs.size() > 1 && inputs[1].defined() && inputs[1].size() == 1;
  const std::int64_t k = has_k ? to_ints(inputs[1]).front() : 0;
  const std::int64_t rows = inputs[0].dim(inputs[0].rank() - 2), columns = inputs[0].shape().back();
  dispatch_size(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* x = static_cast<const T*>(inputs[0].raw());
    T* y = static_cast<T*>(outputs[0].raw());
    for (std::int64_t i = 0; i < inputs[0].size(); ++i) {
      const std::int64_t diagonal = i % columns - i / columns % rows;
      y[i] = (upper ? diagonal >= k : diagonal <= k) ? x[i] : T{};
    }
  });
}

}  // namespace

std::vector<Operator> scan_operators() {
  return {
      cumulative("CumProd", 26, run_cumulative<1, [](auto a, auto b) { return a * b; }>),
      cumulative("CumSum", 14, run_cumulative<0, [](auto a, auto b) { return a + b; }>),
      {"TopK",
       "",
       11,
       2,
       2,
       2,
       2,
       {{"axis", AttributeKind::kInt},
        {"largest", AttributeKind::kInt},
        {"sorted", AttributeKind::kInt}},
       infer_top_k,
       run_top_k},
      {"Trilu", "", 14, 1, 2, 1, 1, {{"upper", AttributeKind::kInt}}, infer_trilu, run_trilu},
  };
}

}  // namespace headway
