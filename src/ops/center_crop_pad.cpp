#include <algorithm>

#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"
#include "ops/strided.h"

namespace headway {
namespace {

using Ints = std::vector<std::int64_t>;

/// The axes that input 1 gives extents for, in its order.
std::vector<std::size_t> cropped_axes(const Node& node, std::size_t rank) {
  std::vector<std::size_t> result;
  if (!node.has("axes")) {
    for (std::size_t axis = 0; axis < rank; ++axis) result.push_back(axis);
    return result;
  }
  const Ints axes = node.get_ints("axes", {});
  resolve_axes(node, axes, rank);
  for (const std::int64_t axis : axes) result.push_back(resolve_axis(node, axis, rank));
  return result;
}

void infer_center_crop_pad(InferContext& context) {
  require_dtype(context, 1, kIndexTypes);
  const TensorType& x = context.input(0);
  if (!x.shape) return context.set_output(0, x);
  SymbolicShape shape = *x.shape;
  const std::vector<std::size_t> axes = cropped_axes(context.node(), shape.size());
  require_vector(context, 1, static_cast<std::int64_t>(axes.size()));
  const std::optional<SymbolicShape> extents = context.input_as_shape(1);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    shape[axes[i]] = extents && i < extents->size() ? (*extents)[i] : Dim();
  }
  context.set_output(0, {x.dtype, std::move(shape)});
}

/// Where the overlap of an input and an output axis starts in each.
struct Overlap {
  std::int64_t from = 0, to = 0, count = 0;

  Overlap(std::int64_t input, std::int64_t output)
      : from(std::max<std::int64_t>(input - output, 0) / 2),
        to(std::max<std::int64_t>(output - input, 0) / 2),
        count(std::min(input, output)) {}
};

void run_center_crop_pad(const Node&, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const Tensor& x = inputs[0];
  Tensor& y = outputs[0];
  const Shape x_strides = row_major_strides(x.shape()), y_strides = row_major_strides(y.shape());
  std::int64_t x_first = 0, y_first = 0;
  Shape common;
  for (std::size_t axis = 0; axis < x.rank(); ++axis) {
    const Overlap overlap(x.dim(axis), y.dim(axis));
    common.push_back(overlap.count);
    x_first += overlap.from * x_strides[axis];
    y_first += overlap.to * y_strides[axis];
  }
  dispatch_size(x.dtype(), [&]<typename T>(std::type_identity<T>) {
    const T* source = static_cast<const T*>(x.raw()) + x_first;
    std::fill_n(static_cast<T*>(y.raw()), y.size(), T{});
    T* target = static_cast<T*>(y.raw()) + y_first;
    for_each_row<2>(common, {x_strides, y_strides},
                    [&](const auto& offsets, const auto& steps, std::int64_t count) {
                      for (std::int64_t i = 0; i < count; ++i) {
                        target[offsets[1] + i * steps[1]] = source[offsets[0] + i * steps[0]];
                      }
                    });
  });
}

}  // namespace

std::vector<Operator> center_crop_pad_operators() {
  return {{"CenterCropPad",
           "",
           18,
           2,
           2,
           1,
           1,
           {{"axes", AttributeKind::kInts}},
           infer_center_crop_pad,
           run_center_crop_pad}};
}

}  // namespace headway
