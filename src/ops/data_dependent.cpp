#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"
#include "ops/stack.h"
#include "ops/strided.h"
#include "tensor/copy.h"

namespace headway {
namespace {

void infer_non_zero(InferContext& context) {
  const auto& shape = context.input(0).shape;
  const Dim rank = shape ? Dim(static_cast<std::int64_t>(shape->size())) : Dim();
  context.set_output(0, {DType::kInt64, SymbolicShape{rank, Dim()}});
}

/// Row-major positions of the elements that are not zero.
std::vector<std::int64_t> non_zero_positions(const Tensor& tensor) {
  std::vector<std::int64_t> positions;
  dispatch(tensor.dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* elements = tensor.data<T>();
    for (std::int64_t i = 0; i < tensor.size(); ++i)
      if (load(elements[i]) != 0) positions.push_back(i);
  });
  return positions;
}

std::vector<Datum> evaluate_non_zero(const Node&, std::span<const Datum> inputs, EvaluateContext&) {
  const Tensor x = aligned(inputs[0].tensor());
  const std::vector<std::int64_t> positions = non_zero_positions(x);
  const auto count = static_cast<std::int64_t>(positions.size());
  Tensor result = Tensor::allocate(DType::kInt64, {static_cast<std::int64_t>(x.rank()), count});
  const Shape strides = row_major_strides(x.shape());
  std::int64_t* y = result.data<std::int64_t>();
  for (std::size_t axis = 0; axis < x.rank(); ++axis) {
    for (const std::int64_t position : positions) *y++ = position / strides[axis] % x.dim(axis);
  }
  return {result};
}

void infer_compress(InferContext& context) {
  require_dtype(context, 1, {DType::kBool});
  require_rank(context, 1, 1);
  TensorType type = context.input(0);
  if (!context.node().has("axis")) {
    type.shape = SymbolicShape{Dim()};
  } else if (type.shape) {
    (*type.shape)[resolve_axis(context.node(), context.node().get_int("axis", 0),
                               type.shape->size())] = Dim();
  }
  context.set_output(0, std::move(type));
}

/// Some slices of an axis.
Tensor taken(const Tensor& x, std::size_t axis, const std::vector<std::int64_t>& kept) {
  Shape shape = x.shape();
  shape[axis] = static_cast<std::int64_t>(kept.size());
  Tensor result = Tensor::allocate(x.dtype(), shape);
  const std::int64_t outer = product(std::span(shape).first(axis));
  const std::int64_t inner = product(std::span(shape).subspan(axis + 1));
  std::int64_t target = 0;
  for (std::int64_t row = 0; row < outer; ++row) {
    for (const std::int64_t index : kept) {
      copy_elements(x, (row * x.dim(axis) + index) * inner, result, target, inner);
      target += inner;
    }
  }
  return result;
}

std::vector<Datum> evaluate_compress(const Node& node, std::span<const Datum> inputs,
                                     EvaluateContext&) {
  Tensor x = aligned(inputs[0].tensor());
  if (!node.has("axis")) x = x.reshaped({x.size()});
  const std::size_t axis = resolve_axis(node, node.get_int("axis", 0), x.rank());
  const std::span<const bool> condition = inputs[1].tensor().values<bool>();
  std::vector<std::int64_t> kept;
  for (std::size_t i = 0; i < condition.size(); ++i)
    if (condition[i]) kept.push_back(static_cast<std::int64_t>(i));
  if (static_cast<std::int64_t>(condition.size()) > x.dim(axis)) {
    fail(ErrorCode::kInvalidArgument, node.described(), ": the condition has ", condition.size(),
         " elements, but the axis only ", x.dim(axis));
  }
  return {taken(x, axis, kept)};
}

void infer_unique(InferContext& context) {
  TensorType type = context.input(0);
  if (!context.node().has("axis")) {
    type.shape = SymbolicShape{Dim()};
  } else if (type.shape) {
    (*type.shape)[resolve_axis(context.node(), context.node().get_int("axis", 0),
                               type.shape->size())] = Dim();
  }
  context.set_output(0, std::move(type));
  for (std::size_t i = 1; i < 4; ++i) context.set_output(i, {DType::kInt64, SymbolicShape{Dim()}});
}

/// -1, 0 or 1 as slice a of the first axis stands before, with or behind slice b; NaN is last.
template <typename T>
int compare_slices(const T* elements, std::int64_t a, std::int64_t b, std::int64_t length) {
  for (std::int64_t i = 0; i < length; ++i) {
    const T &x = elements[a * length + i], &y = elements[b * length + i];
    if constexpr (std::is_same_v<T, std::string>) {
      if (x != y) return x < y ? -1 : 1;
    } else {
      const auto left = load(x), right = load(y);
      const bool left_nan = left != left, right_nan = right != right;
      if (left_nan != right_nan) return right_nan ? -1 : 1;
      if (!left_nan && left != right) return left < right ? -1 : 1;
    }
  }
  return 0;
}

/// The axis as the first one of a matrix.
Tensor slices_of(const Tensor& x, std::size_t axis) {
  if (axis == 0) return x;
  std::vector<Tensor> slices;
  for (std::int64_t i = 0; i < x.dim(axis); ++i) slices.push_back(element_at(x, axis, i));
  return stack(slices, 0);
}

struct Groups {
  std::vector<std::int64_t> first, inverse, counts;
};

/// The groups in another order: the new first one is order[0].
Groups reordered(const Groups& groups, const std::vector<std::size_t>& order) {
  Groups result;
  std::vector<std::int64_t> rank(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    rank[order[i]] = static_cast<std::int64_t>(i);
    result.first.push_back(groups.first[order[i]]);
    result.counts.push_back(groups.counts[order[i]]);
  }
  for (const std::int64_t old : groups.inverse)
    result.inverse.push_back(rank[static_cast<std::size_t>(old)]);
  return result;
}

template <typename Compare>
Groups group(std::int64_t count, bool sorted, Compare&& compare) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](auto a, auto b) { return compare(a, b) < 0; });
  Groups groups;
  groups.inverse.resize(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || compare(order[i - 1], order[i]) != 0) {
      groups.first.push_back(order[i]);
      groups.counts.push_back(0);
    }
    ++groups.counts.back();
    groups.inverse[static_cast<std::size_t>(order[i])] =
        static_cast<std::int64_t>(groups.first.size()) - 1;
  }
  if (sorted) return groups;
  std::vector<std::size_t> appearance(groups.first.size());
  std::iota(appearance.begin(), appearance.end(), std::size_t{0});
  std::ranges::sort(appearance, {}, [&](std::size_t i) { return groups.first[i]; });
  return reordered(groups, appearance);
}

/// The same for equal numbers, and for all that are NaN.
template <typename T>
std::uint64_t key_of(const T& element) {
  const auto value = load(element);
  if constexpr (std::is_floating_point_v<std::remove_const_t<decltype(value)>>) {
    if (value != value) return std::bit_cast<std::uint64_t>(std::nan(""));
    return std::bit_cast<std::uint64_t>(static_cast<double>(value) + 0.0);
  } else {
    return static_cast<std::uint64_t>(value);
  }
}

/// Only one element of each group takes part in the sorting.
template <typename T, typename Compare>
Groups group_numbers(std::span<const T> elements, bool sorted, Compare&& compare) {
  Groups groups;
  std::unordered_map<std::uint64_t, std::int64_t> places;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const auto [place, fresh] = places.try_emplace(key_of(elements[i]), groups.first.size());
    if (fresh) {
      groups.first.push_back(static_cast<std::int64_t>(i));
      groups.counts.push_back(0);
    }
    ++groups.counts[static_cast<std::size_t>(place->second)];
    groups.inverse.push_back(place->second);
  }
  if (!sorted) return groups;
  std::vector<std::size_t> order(groups.first.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return compare(groups.first[a], groups.first[b]) < 0;
  });
  return reordered(groups, order);
}

std::vector<Datum> evaluate_unique(const Node& node, std::span<const Datum> inputs,
                                   EvaluateContext&) {
  Tensor x = aligned(inputs[0].tensor());
  if (!node.has("axis")) x = x.reshaped({x.size()});
  const std::size_t axis = resolve_axis(node, node.get_int("axis", 0), x.rank());
  const std::int64_t count = x.dim(axis), length = count == 0 ? 0 : x.size() / count;
  const Tensor slices = count == 0 ? x : slices_of(x, axis);
  Groups groups;
  dispatch_any(x.dtype(), [&]<typename T>(std::type_identity<T>) {
    if constexpr (is_narrow(kDTypeOf<T>)) {
      fail(ErrorCode::kUnsupported, node.described(), ": ", name_of(x.dtype()),
           " elements have no order");
    } else {
      const T* elements = slices.data<T>();
      const bool sorted = node.get_int("sorted", 1) != 0;
      const auto compare = [&](std::int64_t a, std::int64_t b) {
        return compare_slices(elements, a, b, length);
      };
      if constexpr (!std::is_same_v<T, std::string>) {
        if (length == 1) {
          groups =
              group_numbers(std::span(elements, static_cast<std::size_t>(count)), sorted, compare);
          return;
        }
      }
      groups = group(count, sorted, compare);
    }
  });
  const auto list = [](const std::vector<std::int64_t>& values) {
    return Tensor::from<std::int64_t>({static_cast<std::int64_t>(values.size())}, values);
  };
  std::vector<Datum> outputs = {taken(x, axis, groups.first), list(groups.first),
                                list(groups.inverse), list(groups.counts)};
  outputs.resize(node.outputs().size());
  return outputs;
}

}  // namespace

std::vector<Operator> data_dependent_operators() {
  const AttributeSpec axis{"axis", AttributeKind::kInt};
  return {
      {"Compress", "", 11, 2, 2, 1, 1, {axis}, infer_compress, nullptr, evaluate_compress},
      {"NonZero", "", 13, 1, 1, 1, 1, {}, infer_non_zero, nullptr, evaluate_non_zero},
      {"Unique",
       "",
       11,
       1,
       1,
       1,
       4,
       {axis, {"sorted", AttributeKind::kInt}},
       infer_unique,
       nullptr,
       evaluate_unique},
  };
}

}  // namespace headway
