#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"
#include "ops/strided.h"
#include "tensor/copy.h"

namespace headway {
namespace {

/// An index counted from the end if negative. Throws Error(kInvalidArgument) naming the node.
std::int64_t checked_index(const Node& node, std::int64_t index, std::int64_t extent) {
  if (index < -extent || index >= extent) {
    fail(ErrorCode::kInvalidArgument, node.described(), ": index ", index,
         " is out of range for an axis of extent ", extent);
  }
  return index < 0 ? index + extent : index;
}

void infer_gather(InferContext& context) {
  require_dtype(context, 1, kIndexTypes);
  require_min_rank(context, 0, 1);
  const TensorType& x = context.input(0);
  const TensorType& indices = context.input(1);
  if (!x.shape || !indices.shape) return context.set_output(0, {x.dtype, std::nullopt});
  const std::size_t axis =
      resolve_axis(context.node(), context.node().get_int("axis", 0), x.shape->size());
  SymbolicShape shape = *x.shape;
  const auto at = shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  shape.insert(at, indices.shape->begin(), indices.shape->end());
  context.set_output(0, {x.dtype, std::move(shape)});

  const std::optional<SymbolicShape> elements = context.input_as_shape(0);
  const Tensor known = context.constant_input(1);
  if (!elements || x.shape->size() != 1 || !known.defined() || known.rank() > 1) return;
  SymbolicShape taken;
  for (const std::int64_t index : to_ints(known)) {
    const auto extent = static_cast<std::int64_t>(elements->size());
    taken.push_back(
        (*elements)[static_cast<std::size_t>(checked_index(context.node(), index, extent))]);
  }
  context.set_output_as_shape(0, std::move(taken));
}

void run_gather(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const std::size_t axis = resolve_axis(node, node.get_int("axis", 0), inputs[0].rank());
  const std::int64_t outer = product(std::span(inputs[0].shape()).first(axis));
  const std::int64_t extent = inputs[0].dim(axis);
  const std::int64_t inner = product(std::span(inputs[0].shape()).subspan(axis + 1));
  const std::vector<std::int64_t> indices = to_ints(inputs[1]);
  std::int64_t target = 0;
  for (std::int64_t i = 0; i < outer; ++i) {
    for (const std::int64_t index : indices) {
      const std::int64_t from = i * extent + checked_index(node, index, extent);
      copy_elements(inputs[0], from * inner, outputs[0], target, inner);
      target += inner;
    }
  }
}

void infer_gather_elements(InferContext& context) {
  require_dtype(context, 1, kIndexTypes);
  const TensorType& x = context.input(0);
  const TensorType& indices = context.input(1);
  if (x.shape) {
    require_rank(context, 1, x.shape->size());
    resolve_axis(context.node(), context.node().get_int("axis", 0), x.shape->size());
  }
  context.set_output(0, {x.dtype, indices.shape});
}

/// Calls visit(element of the indexed tensor, position among the indices) for GatherElements and
/// ScatterElements.
template <typename Visit>
void for_each_indexed(const Node& node, const Shape& shape, const Tensor& indices, Visit&& visit) {
  const std::size_t axis = resolve_axis(node, node.get_int("axis", 0), shape.size());
  const std::vector<std::int64_t> values = to_ints(indices);
  const Shape strides = row_major_strides(shape), steps = row_major_strides(indices.shape());
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i != axis && indices.dim(i) > shape[i]) {
      fail(ErrorCode::kInvalidModel, node.described(), ": the indices ", to_string(indices.shape()),
           " exceed the tensor ", to_string(shape), " along axis ", i);
    }
  }
  for (std::size_t position = 0; position < values.size(); ++position) {
    std::int64_t element = checked_index(node, values[position], shape[axis]) * strides[axis];
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const std::int64_t coordinate =
          static_cast<std::int64_t>(position) / steps[i] % indices.dim(i);
      if (i != axis) element += coordinate * strides[i];
    }
    visit(element, position);
  }
}

void run_gather_elements(const Node& node, std::span<const Tensor> inputs,
                         std::span<Tensor> outputs) {
  dispatch_size(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* x = static_cast<const T*>(inputs[0].raw());
    T* y = static_cast<T*>(outputs[0].raw());
    for_each_indexed(node, inputs[0].shape(), inputs[1],
                     [&](std::int64_t element, std::size_t position) { y[position] = x[element]; });
  });
}

/// Of GatherND and ScatterND: the last axis of the indices holds coordinates of blocks of x.
struct BlockIndices {
  std::int64_t blocks = 0;      ///< How many blocks are addressed.
  std::int64_t block_size = 1;  ///< Elements of one block.
  std::int64_t batches = 1;
  std::vector<std::int64_t> first;  ///< First element of each block in x.
};

BlockIndices block_indices(const Node& node, const Shape& shape, const Tensor& indices,
                           std::size_t batch_dims) {
  const auto depth = static_cast<std::size_t>(indices.shape().back());
  const Shape strides = row_major_strides(shape);
  const std::vector<std::int64_t> values = to_ints(indices);
  BlockIndices result;
  result.batches = product(std::span(shape).first(batch_dims));
  result.block_size = product(std::span(shape).subspan(batch_dims + depth));
  result.blocks = product(std::span(indices.shape()).first(indices.rank() - 1));
  const std::int64_t per_batch = result.batches == 0 ? 0 : result.blocks / result.batches;
  const std::int64_t batch_size = product(std::span(shape).subspan(batch_dims));
  for (std::int64_t block = 0; block < result.blocks; ++block) {
    std::int64_t element = per_batch == 0 ? 0 : block / per_batch * batch_size;
    for (std::size_t i = 0; i < depth; ++i) {
      const std::int64_t index = values[static_cast<std::size_t>(block) * depth + i];
      element += checked_index(node, index, shape[batch_dims + i]) * strides[batch_dims + i];
    }
    result.first.push_back(element);
  }
  return result;
}

/// The number of coordinates in the last axis of the indices; nullopt if not known.
std::optional<std::size_t> index_depth(const InferContext& context, std::size_t batch_dims) {
  require_dtype(context, 1, {DType::kInt64});
  require_min_rank(context, 0, 1);
  require_min_rank(context, 1, 1 + batch_dims);
  const TensorType& x = context.input(0);
  const TensorType& indices = context.input(1);
  if (!x.shape || !indices.shape || !indices.shape->back().is_static()) return std::nullopt;
  const auto depth = static_cast<std::size_t>(indices.shape->back().extent());
  if (depth + batch_dims > x.shape->size()) {
    context.fail("the indices ", indices.to_string(), " have more coordinates than the data ",
                 x.to_string(), " has axes");
  }
  return depth;
}

void infer_gather_nd(InferContext& context) {
  const std::int64_t batch_dims = context.node().get_int("batch_dims", 0);
  if (batch_dims < 0 || batch_dims > 64) context.fail("batch_dims ", batch_dims, " is impossible");
  const auto batch = static_cast<std::size_t>(batch_dims);
  const TensorType& x = context.input(0);
  const std::optional<std::size_t> depth = index_depth(context, batch);
  if (!depth) return context.set_output(0, {x.dtype, std::nullopt});
  const SymbolicShape& indices = *context.input(1).shape;
  for (std::size_t axis = 0; axis < batch; ++axis) {
    if (indices[axis].is_static() && (*x.shape)[axis].is_static() &&
        indices[axis] != (*x.shape)[axis]) {
      context.fail("data and indices differ along batch axis ", axis);
    }
  }
  SymbolicShape shape(indices.begin(), indices.end() - 1);
  shape.insert(shape.end(), x.shape->begin() + static_cast<std::ptrdiff_t>(batch + *depth),
               x.shape->end());
  context.set_output(0, {x.dtype, std::move(shape)});
}

void run_gather_nd(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const BlockIndices blocks = block_indices(
      node, inputs[0].shape(), inputs[1], static_cast<std::size_t>(node.get_int("batch_dims", 0)));
  dispatch_size(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* x = static_cast<const T*>(inputs[0].raw());
    T* y = static_cast<T*>(outputs[0].raw());
    for (const std::int64_t first : blocks.first) y = std::copy_n(x + first, blocks.block_size, y);
  });
}

enum class Combine { kReplace, kAdd, kMul, kMax, kMin };

Combine combine_of(const Node& node) {
  const std::string reduction = node.get_string("reduction", "none");
  if (reduction == "none") return Combine::kReplace;
  if (reduction == "add") return Combine::kAdd;
  if (reduction == "mul") return Combine::kMul;
  if (reduction == "max") return Combine::kMax;
  if (reduction == "min") return Combine::kMin;
  fail(ErrorCode::kInvalidModel, node.described(), ": reduction is '", reduction,
       "' but must be none, add, mul, max or min");
}

template <typename T>
T combined(Combine combine, const T& old, const T& update) {
  if constexpr (std::is_same_v<T, std::string>) {
    return update;
  } else {
    const auto a = static_cast<Accumulated<T>>(load(old)),
               b = static_cast<Accumulated<T>>(load(update));
    switch (combine) {
      case Combine::kReplace:
        return update;
      case Combine::kAdd:
        return store<T>(a + b);
      case Combine::kMul:
        return store<T>(a * b);
      case Combine::kMax:
        return load(update) > load(old) || load(update) != load(update) ? update : old;
      case Combine::kMin:
        return load(update) < load(old) || load(update) != load(update) ? update : old;
    }
    return update;
  }
}

/// Any element may replace another; only numbers can be combined.
template <typename Function>
void dispatch_combined(Combine combine, DType dtype, Function&& function) {
  if (combine == Combine::kReplace) return dispatch_size(dtype, function);
  dispatch(dtype, function);
}

void infer_scatter(InferContext& context) {
  const Combine combine = combine_of(context.node());
  if (combine != Combine::kReplace) require_dtype(context, 0, kNumberTypes);
  if (context.input(2).dtype != context.input(0).dtype) {
    context.fail("the updates are ", name_of(context.input(2).dtype), " but the data are ",
                 name_of(context.input(0).dtype));
  }
  same_as_input(context);
}

void infer_scatter_elements(InferContext& context) {
  require_dtype(context, 1, kIndexTypes);
  infer_scatter(context);
  const TensorType& x = context.input(0);
  if (!x.shape) return;
  require_rank(context, 1, x.shape->size());
  resolve_axis(context.node(), context.node().get_int("axis", 0), x.shape->size());
}

void check_updates(const Node& node, std::int64_t wanted, const Tensor& updates) {
  if (updates.size() != wanted) {
    fail(ErrorCode::kInvalidModel, node.described(), ": the indices address ", wanted,
         " elements but the updates have ", updates.size());
  }
}

void run_scatter_elements(const Node& node, std::span<const Tensor> inputs,
                          std::span<Tensor> outputs) {
  const Combine combine = combine_of(node);
  check_updates(node, inputs[1].size(), inputs[2]);
  copy_elements(inputs[0], outputs[0]);
  dispatch_combined(combine, inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* updates = static_cast<const T*>(inputs[2].raw());
    T* y = static_cast<T*>(outputs[0].raw());
    for_each_indexed(node, inputs[0].shape(), inputs[1],
                     [&](std::int64_t element, std::size_t position) {
                       y[element] = combined(combine, y[element], updates[position]);
                     });
  });
}

void infer_scatter_nd(InferContext& context) {
  infer_scatter(context);
  index_depth(context, 0);
}

void run_scatter_nd(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const Combine combine = combine_of(node);
  const BlockIndices blocks = block_indices(node, inputs[0].shape(), inputs[1], 0);
  check_updates(node, blocks.blocks * blocks.block_size, inputs[2]);
  copy_elements(inputs[0], outputs[0]);
  dispatch_combined(combine, inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* update = static_cast<const T*>(inputs[2].raw());
    for (const std::int64_t first : blocks.first) {
      T* y = static_cast<T*>(outputs[0].raw()) + first;
      for (std::int64_t i = 0; i < blocks.block_size; ++i, ++y) {
        *y = combined(combine, *y, *update++);
      }
    }
  });
}

}  // namespace

std::vector<Operator> gather_operators() {
  const AttributeSpec axis{"axis", AttributeKind::kInt};
  const AttributeSpec reduction{"reduction", AttributeKind::kString};
  return {
      {"Gather", "", 13, 2, 2, 1, 1, {axis}, infer_gather, run_gather},
      {"GatherElements", "", 13, 2, 2, 1, 1, {axis}, infer_gather_elements, run_gather_elements},
      {"GatherND",
       "",
       13,
       2,
       2,
       1,
       1,
       {{"batch_dims", AttributeKind::kInt}},
       infer_gather_nd,
       run_gather_nd},
      {"ScatterElements",
       "",
       18,
       3,
       3,
       1,
       1,
       {axis, reduction},
       infer_scatter_elements,
       run_scatter_elements},
      {"ScatterND", "", 18, 3, 3, 1, 1, {reduction}, infer_scatter_nd, run_scatter_nd},
  };
}

}  // namespace headway
