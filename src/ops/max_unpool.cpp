#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"
#include "ops/strided.h"
#include "ops/window.h"

namespace headway {
namespace {

/// Extent of an axis before it was pooled.
std::int64_t unpooled(const WindowAttributes& window, std::size_t axis, std::int64_t pooled) {
  return (pooled - 1) * window.strides[axis] + window.kernel[axis] - window.pads_begin[axis] -
         window.pads_end[axis];
}

Shape unpooled_shape(const Node& node, const Shape& x) {
  const WindowAttributes window = window_attributes(node, node.get_ints("kernel_shape", {}));
  if (x.size() != window.kernel.size() + 2) {
    fail(ErrorCode::kInvalidModel, node.described(), ": its input has rank ", x.size(),
         " but kernel_shape has ", window.kernel.size(), " entries");
  }
  Shape shape = {x[0], x[1]};
  for (std::size_t axis = 0; axis + 2 < x.size(); ++axis) {
    shape.push_back(std::max<std::int64_t>(unpooled(window, axis, x[axis + 2]), 0));
  }
  return shape;
}

void infer_max_unpool(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  require_dtype(context, 1, {DType::kInt64});
  require_same_shapes(context, 0, 1);
  const TensorType& x = context.input(0);
  if (context.has_input(2)) {
    require_dtype(context, 2, {DType::kInt64});
    if (auto shape = context.input_as_shape(2)) {
      if (x.shape && shape->size() != x.shape->size()) {
        context.fail("output_shape has ", shape->size(), " elements but the input is ",
                     x.to_string());
      }
      return context.set_output(0, {x.dtype, std::move(shape)});
    }
    if (!x.shape) return context.set_output(0, x);
    return context.set_output(0, {x.dtype, SymbolicShape(x.shape->size())});
  }
  if (!x.shape) return context.set_output(0, x);
  Shape stand_in;
  for (const Dim& dim : *x.shape) stand_in.push_back(dim.is_static() ? dim.extent() : 1);
  SymbolicShape shape = to_symbolic(unpooled_shape(context.node(), stand_in));
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (!(*x.shape)[axis].is_static()) shape[axis] = axis < 2 ? (*x.shape)[axis] : Dim();
  }
  context.set_output(0, {x.dtype, shape});
}

/// Indices count in the shape that the attributes imply; a given output shape only frames it.
void run_max_unpool(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const Shape implied = unpooled_shape(node, inputs[0].shape());
  const Shape from = row_major_strides(implied), to = row_major_strides(outputs[0].shape());
  const std::int64_t size = num_elements(implied);
  const std::span<const std::int64_t> indices = inputs[1].values<std::int64_t>();
  dispatch_floats(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* x = inputs[0].data<T>();
    T* y = outputs[0].data<T>();
    std::fill_n(y, outputs[0].size(), T{});
    for (const std::int64_t index : indices) {
      if (index < 0 || index >= size) {
        fail(ErrorCode::kInvalidArgument, node.described(), ": index ", index,
             " is out of range for ", to_string(implied));
      }
      std::int64_t rest = index, target = 0;
      bool inside = true;
      for (std::size_t axis = 0; axis < implied.size(); ++axis) {
        const std::int64_t position = rest / from[axis];
        rest %= from[axis];
        inside = inside && position < outputs[0].dim(axis);
        target += position * to[axis];
      }
      if (inside) y[target] = *x;
      ++x;
    }
  });
}

}  // namespace

std::vector<Operator> max_unpool_operators() {
  return {{"MaxUnpool",
           "",
           11,
           2,
           3,
           1,
           1,
           {{"kernel_shape", AttributeKind::kInts, true},
            {"pads", AttributeKind::kInts},
            {"strides", AttributeKind::kInts}},
           infer_max_unpool,
           run_max_unpool}};
}

}  // namespace headway
