#include "ops/stack.h"

#include "base/error.h"
#include "ops/rules.h"
#include "tensor/copy.h"

namespace headway {
namespace {

Shape with(Shape shape, std::size_t axis, std::int64_t extent) {
  shape[axis] = extent;
  return shape;
}

void check_same(const Tensor& first, const Tensor& other, const Shape& shape) {
  if (other.dtype() == first.dtype() && shape == first.shape()) return;
  fail(ErrorCode::kInvalidArgument, "tensors of the shapes ", to_string(first.shape()), " and ",
       to_string(other.shape()), " cannot be joined");
}

}  // namespace

Tensor concatenate(std::span<const Tensor> tensors, std::size_t axis) {
  const Tensor& first = tensors.front();
  std::int64_t extent = 0;
  for (const Tensor& tensor : tensors) {
    if (tensor.rank() != first.rank()) check_same(first, tensor, tensor.shape());
    check_same(first, tensor, with(tensor.shape(), axis, first.dim(axis)));
    extent += tensor.dim(axis);
  }
  Tensor joined = Tensor::allocate(first.dtype(), with(first.shape(), axis, extent));
  const std::int64_t outer = product(std::span(first.shape()).first(axis));
  std::int64_t target = 0;
  for (std::int64_t row = 0; row < outer; ++row) {
    for (const Tensor& tensor : tensors) {
      const std::int64_t count = tensor.size() / outer;
      copy_elements(tensor, row * count, joined, target, count);
      target += count;
    }
  }
  return joined;
}

Tensor stack(std::span<const Tensor> tensors, std::size_t axis) {
  std::vector<Tensor> widened;
  for (const Tensor& tensor : tensors) {
    Shape shape = tensor.shape();
    shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), 1);
    widened.push_back(tensor.reshaped(std::move(shape)));
  }
  return concatenate(widened, axis);
}

Tensor part(const Tensor& tensor, std::size_t axis, std::int64_t first, std::int64_t count) {
  Tensor result = Tensor::allocate(tensor.dtype(), with(tensor.shape(), axis, count));
  const std::int64_t outer = product(std::span(tensor.shape()).first(axis));
  const std::int64_t inner = product(std::span(tensor.shape()).subspan(axis + 1));
  for (std::int64_t row = 0; row < outer; ++row) {
    copy_elements(tensor, (row * tensor.dim(axis) + first) * inner, result, row * count * inner,
                  count * inner);
  }
  return result;
}

Tensor element_at(const Tensor& tensor, std::size_t axis, std::int64_t position) {
  Shape shape = tensor.shape();
  shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  return part(tensor, axis, position, 1).reshaped(std::move(shape));
}

}  // namespace headway
