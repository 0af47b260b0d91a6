#include <algorithm>
#include <limits>
#include <numeric>

#include "ops/elements.h"
#include "ops/families.h"
#include "ops/reduce_axes.h"
#include "ops/rules.h"
#include "ops/strided.h"

namespace headway {
namespace {

void infer_reduce_shape(InferContext& context) {
  const TensorType& x = context.input(0);
  const bool has_axes = context.has_input(1);
  std::optional<std::vector<std::int64_t>> axes;
  if (has_axes) {
    axes = known_ints(context, 1);
    if (!axes) {
      const bool known_rank = x.shape && keeps_dims(context.node());
      return context.set_output(
          0, {x.dtype, known_rank ? std::optional(SymbolicShape(x.shape->size())) : std::nullopt});
    }
  }
  if (!x.shape) return context.set_output(0, x);
  SymbolicShape shape = *x.shape;
  const std::vector<std::size_t> reduced = reduce_axes(context.node(), shape.size(), axes);
  for (std::size_t i = reduced.size(); i-- > 0;) {
    const auto at = shape.begin() + static_cast<std::ptrdiff_t>(reduced[i]);
    if (keeps_dims(context.node())) {
      *at = Dim(1);
    } else {
      shape.erase(at);
    }
  }
  context.set_output(0, {x.dtype, std::move(shape)});
}

void infer_reduce(InferContext& context) {
  require_dtype(context, 0, kNumberTypes);
  infer_reduce_shape(context);
}

void infer_extreme(InferContext& context) {
  if (context.input(0).dtype != DType::kBool) require_dtype(context, 0, kNumberTypes);
  infer_reduce_shape(context);
}

/// One reduction: the shape of the input and the element strides of the output along its axes.
struct Reduction {
  Shape shape, strides, output_strides;
  std::int64_t count = 1;  ///< Elements that each result is made of.
};

Reduction reduction_of(const Node& node, std::span<const Tensor> inputs) {
  std::optional<std::vector<std::int64_t>> axes;
  if (inputs.size() > 1 && inputs[1].defined()) axes = to_ints(inputs[1]);
  Reduction result;
  result.shape = inputs[0].shape();
  result.strides = row_major_strides(result.shape);
  Shape kept = result.shape;
  const std::vector<std::size_t> reduced = reduce_axes(node, kept.size(), axes);
  for (const std::size_t axis : reduced) {
    kept[axis] = 1;
    result.count *= result.shape[axis];
  }
  result.output_strides = row_major_strides(kept);
  for (const std::size_t axis : reduced) result.output_strides[axis] = 0;
  return result;
}

/// Calls visit(input element, its result's accumulator) for all elements.
template <typename T, typename Sum, typename Visit>
void accumulate(const Reduction& reduction, const T* x, std::vector<Sum>& sums, Visit&& visit) {
  for_each_row<2>(reduction.shape, {reduction.strides, reduction.output_strides},
                  [&](const auto& offsets, const auto& steps, std::int64_t count) {
                    for (std::int64_t i = 0; i < count; ++i) {
                      visit(load(x[offsets[0] + i * steps[0]]),
                            sums[static_cast<std::size_t>(offsets[1] + i * steps[1])]);
                    }
                  });
}

struct SumReducer {
  template <typename T>
  static auto start() {
    return Accumulated<T>{0};
  }
  static void add(auto x, auto& sum) { sum += static_cast<std::decay_t<decltype(sum)>>(x); }
  template <typename T>
  static T finish(auto sum, std::int64_t) {
    return store<T>(sum);
  }
};

struct MeanReducer : SumReducer {
  template <typename T>
  static T finish(auto sum, std::int64_t count) {
    if constexpr (kIsFloat<T>) {
      return store<T>(sum / static_cast<double>(count));
    } else if constexpr (std::is_signed_v<T>) {
      return count == 0 ? T{0} : static_cast<T>(static_cast<std::int64_t>(sum) / count);
    } else {
      return count == 0 ? T{0} : static_cast<T>(sum / static_cast<std::uint64_t>(count));
    }
  }
};

struct ProductReducer : SumReducer {
  template <typename T>
  static auto start() {
    return Accumulated<T>{1};
  }
  static void add(auto x, auto& sum) { sum *= static_cast<std::decay_t<decltype(sum)>>(x); }
};

struct AbsoluteSumReducer : SumReducer {
  static void add(auto x, auto& sum) {
    using Sum = std::decay_t<decltype(sum)>;
    sum += x < 0 ? Sum{0} - static_cast<Sum>(x) : static_cast<Sum>(x);
  }
};

struct SquareSumReducer : SumReducer {
  static void add(auto x, auto& sum) {
    using Sum = std::decay_t<decltype(sum)>;
    sum += static_cast<Sum>(x) * static_cast<Sum>(x);
  }
};

/// Whole numbers lose what is behind the point.
template <typename T>
T from_real(double x) {
  if constexpr (kIsFloat<T>) {
    return store<T>(x);
  } else {
    return saturated<T>(std::trunc(x));
  }
}

struct NormReducer : SquareSumReducer {
  template <typename T>
  static T finish(auto sum, std::int64_t) {
    return from_real<T>(std::sqrt(static_cast<double>(sum)));
  }
};

struct LogSumReducer : SumReducer {
  template <typename T>
  static T finish(auto sum, std::int64_t) {
    constexpr bool kWraps = std::is_integral_v<T> && std::is_signed_v<T>;
    using Sum = std::conditional_t<kWraps, std::int64_t, decltype(sum)>;
    return from_real<T>(std::log(static_cast<double>(static_cast<Sum>(sum))));
  }
};

template <typename T>
Computed<T> extreme(bool largest) {
  using Limits = std::numeric_limits<Computed<T>>;
  if constexpr (kIsFloat<T>) {
    return largest ? Limits::infinity() : -Limits::infinity();
  } else {
    return largest ? Limits::max() : Limits::lowest();
  }
}

struct MaxReducer : SumReducer {
  template <typename T>
  static auto start() {
    return extreme<T>(false);
  }
  static void add(auto x, auto& best) {
    if (x > best || x != x) best = x;
  }
};

struct MinReducer : SumReducer {
  template <typename T>
  static auto start() {
    return extreme<T>(true);
  }
  static void add(auto x, auto& best) {
    if (x < best || x != x) best = x;
  }
};

template <typename Reducer, typename T>
void reduce(const Node& node, std::span<const Tensor> inputs, Tensor& output) {
  const Reduction reduction = reduction_of(node, inputs);
  std::vector sums(static_cast<std::size_t>(output.size()), Reducer::template start<T>());
  accumulate(reduction, inputs[0].data<T>(), sums, [](auto x, auto& sum) { Reducer::add(x, sum); });
  T* y = output.data<T>();
  for (const auto sum : sums) *y++ = Reducer::template finish<T>(sum, reduction.count);
}

template <typename Reducer>
void run_reduce(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  dispatch_numbers(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    reduce<Reducer, T>(node, inputs, outputs[0]);
  });
}

template <typename Reducer>
void run_extreme(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  if (inputs[0].dtype() != DType::kBool) return run_reduce<Reducer>(node, inputs, outputs);
  std::vector<Tensor> numbers(inputs.begin(), inputs.end());
  numbers[0] = inputs[0].to(DType::kUInt8);
  Tensor result = Tensor::allocate(DType::kUInt8, outputs[0].shape());
  reduce<Reducer, std::uint8_t>(node, numbers, result);
  std::ranges::copy(result.to(DType::kBool).values<bool>(), outputs[0].data<bool>());
}

/// The largest exponent is taken out first, so that nothing overflows.
void run_log_sum_exp(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const Reduction reduction = reduction_of(node, inputs);
  const auto size = static_cast<std::size_t>(outputs[0].size());
  dispatch_numbers(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* x = inputs[0].data<T>();
    std::vector<double> largest(size, extreme<double>(false)), sums(size, 0.0);
    accumulate(reduction, x, largest,
               [](double value, double& best) { MaxReducer::add(value, best); });
    for (double& value : largest) value = std::isinf(value) ? 0.0 : value;
    accumulate(reduction, x, largest, [&](double value, double& shift) {
      sums[static_cast<std::size_t>(&shift - largest.data())] += std::exp(value - shift);
    });
    T* y = outputs[0].data<T>();
    for (std::size_t i = 0; i < size; ++i) y[i] = from_real<T>(largest[i] + std::log(sums[i]));
  });
}

Operator reduction(std::string_view name, void (*infer)(InferContext&), ReferenceKernel kernel) {
  return {name,
          "",
          18,
          1,
          2,
          1,
          1,
          {{"axes", AttributeKind::kInts},
           {"keepdims", AttributeKind::kInt},
           {"noop_with_empty_axes", AttributeKind::kInt}},
          infer,
          kernel};
}

}  // namespace

bool keeps_dims(const Node& node) {
  return node.get_int("keepdims", 1) != 0;
}

std::vector<std::size_t> reduce_axes(const Node& node, std::size_t rank,
                                     const std::optional<std::vector<std::int64_t>>& given) {
  const std::vector<std::int64_t> axes = given ? *given : node.get_ints("axes", {});
  if (!axes.empty()) return resolve_axes(node, axes, rank);
  if (node.get_int("noop_with_empty_axes", 0) != 0) return {};
  std::vector<std::size_t> all(rank);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

std::vector<Operator> reduce_operators() {
  return {
      reduction("ReduceL1", infer_reduce, run_reduce<AbsoluteSumReducer>),
      reduction("ReduceL2", infer_reduce, run_reduce<NormReducer>),
      reduction("ReduceLogSum", infer_reduce, run_reduce<LogSumReducer>),
      reduction("ReduceLogSumExp", infer_reduce, run_log_sum_exp),
      reduction("ReduceMax", infer_extreme, run_extreme<MaxReducer>),
      reduction("ReduceMean", infer_reduce, run_reduce<MeanReducer>),
      reduction("ReduceMin", infer_extreme, run_extreme<MinReducer>),
      reduction("ReduceProd", infer_reduce, run_reduce<ProductReducer>),
      reduction("ReduceSum", infer_reduce, run_reduce<SumReducer>),
      reduction("ReduceSumSquare", infer_reduce, run_reduce<SquareSumReducer>),
  };
}

}  // namespace headway
