#include "ops/elements.h"
#include "ops/families.h"
#include "ops/rules.h"

namespace headway {
namespace {

void infer_affine_grid(InferContext& context) {
  require_dtype(context, 0, kFloatTypes);
  require_dtype(context, 1, {DType::kInt64});
  require_rank(context, 0, 3);
  const TensorType& theta = context.input(0);
  const std::optional<SymbolicShape> size = context.input_as_shape(1);
  if (!size) return context.set_output(0, {theta.dtype, std::nullopt});
  if (size->size() != 4 && size->size() != 5) {
    context.fail("size has ", size->size(), " elements but must have 4 or 5");
  }
  const auto axes = static_cast<std::int64_t>(size->size()) - 2;
  if (theta.shape) {
    const Dim &rows = (*theta.shape)[1], &columns = (*theta.shape)[2];
    if ((rows.is_static() && rows != Dim(axes)) ||
        (columns.is_static() && columns != Dim(axes + 1))) {
      context.fail("theta is ", theta.to_string(), " but must hold matrices of ", axes, " by ",
                   axes + 1);
    }
  }
  SymbolicShape shape = {size->front()};
  shape.insert(shape.end(), size->begin() + 2, size->end());
  shape.emplace_back(axes);
  context.set_output(0, {theta.dtype, shape});
}

/// The middle of element i in [-1, 1]; with align_corners the first and last are the ends.
double normalized(std::int64_t i, std::int64_t extent, bool align_corners) {
  const auto x = static_cast<double>(i), size = static_cast<double>(extent);
  if (!align_corners) return (2.0 * x + 1.0) / size - 1.0;
  return extent == 1 ? 0.0 : 2.0 * x / (size - 1.0) - 1.0;
}

void run_affine_grid(const Node& node, std::span<const Tensor> inputs, std::span<Tensor> outputs) {
  const bool align_corners = node.get_int("align_corners", 0) != 0;
  const Shape& shape = outputs[0].shape();
  const std::size_t axes = shape.size() - 2;
  const std::int64_t points = product(std::span(shape).subspan(1, axes));
  std::vector<double> position(axes + 1, 1.0);
  dispatch_floats(inputs[0].dtype(), [&]<typename T>(std::type_identity<T>) {
    T* y = outputs[0].data<T>();
    for (std::int64_t image = 0; image < shape[0]; ++image) {
      const T* theta = inputs[0].data<T>() + image * static_cast<std::int64_t>(axes * (axes + 1));
      for (std::int64_t point = 0; point < points; ++point) {
        std::int64_t rest = point;
        for (std::size_t i = 0; i < axes; ++i) {
          const std::int64_t extent = shape[axes - i];
          position[i] = normalized(rest % extent, extent, align_corners);
          rest /= extent;
        }
        for (std::size_t row = 0; row < axes; ++row) {
          double sum = 0.0;
          for (std::size_t i = 0; i <= axes; ++i) {
            sum += load(theta[row * (axes + 1) + i]) * position[i];
          }
          *y++ = store<T>(sum);
        }
      }
    }
  });
}

}  // namespace

std::vector<Operator> affine_grid_operators() {
  return {{"AffineGrid",
           "",
           20,
           2,
           2,
           1,
           1,
           {{"align_corners", AttributeKind::kInt}},
           infer_affine_grid,
           run_affine_grid}};
}

}  // namespace headway
