#include "ops/quantization.h"

#include "tensor/cast.h"

namespace headway {

std::vector<double> numbers_of(const Tensor& tensor) {
  return to_doubles(is_narrow(tensor.dtype()) ? cast(tensor, DType::kFloat32) : tensor);
}

std::vector<double> repeated_numbers(const Node& node, std::span<const Tensor> inputs,
                                     std::size_t index, std::int64_t count, double otherwise) {
  const auto size = static_cast<std::size_t>(count);
  if (index >= inputs.size() || !inputs[index].defined()) {
    return std::vector<double>(size, otherwise);
  }
  std::vector<double> numbers = numbers_of(inputs[index]);
  if (numbers.size() == 1) numbers.assign(size, numbers.front());
  if (numbers.size() != size) {
    fail(ErrorCode::kInvalidModel, node.described(), ": input ", index, " has ", numbers.size(),
         " elements but needs 1 or ", count);
  }
  return numbers;
}

namespace {

/// A vector has one axis only, whatever the attribute's default says.
std::size_t quantized_axis(const Node& node, std::size_t rank) {
  if (rank <= 1) return 0;
  return resolve_axis(node, node.get_int("axis", 1), rank);
}

}  // namespace

Granularity::Granularity(const Node& node, const Shape& x, const Shape& scale)
    : whole_(num_elements(scale) == 1 && (scale.size() <= 1 || x.size() != scale.size())),
      lines_(x.empty() ? Shape{1} : x, quantized_axis(node, x.size())) {
  if (whole_) return;
  const std::size_t axis = quantized_axis(node, x.size());
  bool fits = false;
  if (scale.size() == 1 && node.get_int("block_size", 0) == 0) {
    fits = !x.empty() && scale[0] == x[axis];
  } else if (scale.size() == x.size()) {
    blocks_ = scale[axis];
    const std::int64_t smallest = blocks_ == 0 ? 1 : (x[axis] + blocks_ - 1) / blocks_;
    block_ = std::max<std::int64_t>(node.get_int("block_size", 0), 0);
    if (block_ == 0) block_ = std::max<std::int64_t>(smallest, 1);
    block_ = std::min(block_, std::max<std::int64_t>(x[axis], 1));
    fits = (x[axis] + block_ - 1) / block_ == blocks_;
    for (std::size_t i = 0; i < x.size(); ++i) fits = fits && (i == axis || scale[i] == x[i]);
  }
  if (!fits) {
    fail(ErrorCode::kInvalidModel, node.described(), ": scales of shape ", to_string(scale),
         " fit neither axis ", axis, " of ", to_string(x), " nor its blocks of ",
         node.get_int("block_size", 0));
  }
}

}  // namespace headway
