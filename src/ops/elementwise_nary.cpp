#include "ops/broadcast.h"
#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"
#include "ops/strided.h"

namespace headway {
namespace {

void infer_nary(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  require_same_dtypes(context);
  context.set_output(0, {context.input(0).dtype, broadcast_inputs(context)});
}

void infer_float_nary(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  infer_nary(context);
}

/// Folds the inputs one after the other into accumulators, then y = finish(accumulator, inputs).
template <typename T, typename Sum, typename Fold, typename Finish>
void fold(std::span<const Tensor> inputs, Tensor& output, Fold&& fold_in, Finish&& finish) {
  const Shape& shape = output.shape();
  std::vector<Sum> sums(static_cast<std::size_t>(output.size()));
  for (std::size_t index = 0; index < inputs.size(); ++index) {
    const T* x = inputs[index].data<T>();
    Sum* sum = sums.data();
    for_each_row<1>(shape, {broadcast_strides(inputs[index].shape(), shape)},
                    [&](const auto& offsets, const auto& steps, std::int64_t count) {
                      for (std::int64_t i = 0; i < count; ++i, ++sum) {
                        const auto value = static_cast<Sum>(load(x[offsets[0] + i * steps[0]]));
                        *sum = index == 0 ? value : fold_in(*sum, value);
                      }
                    });
  }
  T* y = output.data<T>();
  for (const Sum sum : sums) *y++ = store<T>(finish(sum));
}

constexpr auto larger = [](auto a, auto b) { return a > b || a != a ? a : b; };
constexpr auto smaller = [](auto a, auto b) { return a < b || a != a ? a : b; };

template <auto choose>
void run_choice(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  dispatch_numbers(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    fold<T, Computed<T>>(inputs, outputs[0], choose, [](auto value) { return value; });
  });
}

void run_sum(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  dispatch_numbers(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    fold<T, Accumulated<T>>(
        inputs, outputs[0], [](auto a, auto b) { return a + b; }, [](auto value) { return value; });
  });
}

void run_mean(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const auto count = static_cast<double>(inputs.size());
  dispatch_floats(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    fold<T, double>(
        inputs, outputs[0], [](double a, double b) { return a + b; },
        [=](double sum) { return sum / count; });
  });
}

void infer_clip(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  require_same_dtypes(context);
  for (std::size_t index = 1; index < 3; ++index) {
    if (!context.has_input(index)) continue;
    const TensorType& bound = context.input(index);
    const std::optional<Shape> shape = bound.static_shape();
    if (shape && num_elements(*shape) != 1) {
      context.fail("input ", index, " is ", bound.to_string(), " but must be a scalar");
    }
  }
  same_as_input(context);
}

/// If min is above max, the result is max.
void run_clip(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const auto bound = [&](std::size_t index) {
    return index < inputs.size() && inputs[index].defined() ? inputs[index] : Tensor();
  };
  const Tensor low = bound(1), high = bound(2);
  dispatch_numbers(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const std::span<const T> x = inputs[0].values<T>();
    T* y = outputs[0].data<T>();
    for (std::size_t i = 0; i < x.size(); ++i) {
      auto value = load(x[i]);
      if (low.defined() && value < load(*low.data<T>())) value = load(*low.data<T>());
      if (high.defined() && value > load(*high.data<T>())) value = load(*high.data<T>());
      y[i] = store<T>(value);
    }
  });
}

void infer_where(InferContext& context) {
  require_dtype(context, 0, {DType::kBool});
  require_same_dtypes(context, 1);
  context.set_output(0, {context.input(1).dtype, broadcast_inputs(context)});
  const std::optional<SymbolicShape> yes = context.input_as_shape(1),
                                     no = context.input_as_shape(2);
  if (!yes || !no || yes->size() != no->size()) return;
  SymbolicShape elements;
  for (std::size_t i = 0; i < yes->size(); ++i)
    elements.push_back((*yes)[i] == (*no)[i] ? (*yes)[i] : Dim());
  context.set_output_as_shape(0, std::move(elements));
}

void run_where(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const Shape& shape = outputs[0].shape();
  const bool* condition = inputs[0].data<bool>();
  std::array<Shape, 3> strides;
  for (std::size_t index = 0; index < 3; ++index) {
    strides[index] = broadcast_strides(inputs[index].shape(), shape);
  }
  dispatch_size(outputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* a = static_cast<const T*>(inputs[1].raw());
    const T* b = static_cast<const T*>(inputs[2].raw());
    T* y = static_cast<T*>(outputs[0].raw());
    for_each_row<3>(shape, strides, [&](const auto& at, const auto& steps, std::int64_t count) {
      for (std::int64_t i = 0; i < count; ++i) {
        *y++ = condition[at[0] + i * steps[0]] ? a[at[1] + i * steps[1]] : b[at[2] + i * steps[2]];
      }
    });
  });
}

}  // namespace

std::vector<Operator> elementwise_nary_operators() {
  constexpr int any = Operator::kVariadic;
  return {
      {"Clip", "", 13, 1, 3, 1, 1, {}, infer_clip, run_clip},
      {"Max", "", 13, 1, any, 1, 1, {}, infer_nary, run_choice<larger>},
      {"Mean", "", 13, 1, any, 1, 1, {}, infer_float_nary, run_mean},
      {"Min", "", 13, 1, any, 1, 1, {}, infer_nary, run_choice<smaller>},
      {"Sum", "", 13, 1, any, 1, 1, {}, infer_nary, run_sum},
      {"Where", "", 16, 3, 3, 1, 1, {}, infer_where, run_where},
  };
}

}  // namespace headway
